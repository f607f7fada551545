// A web server, an application server and two databases from Debian's packages, in a directory of their own, on free
// ports, as ordinary processes. Each configuration is a text that a test can change.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { sleep, until } from "../../e2e/live/capstan.mjs";

const isRoot = process.getuid() === 0;

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

const answers = (port, host) =>
  new Promise((resolve) => {
    const socket = net.connect({ port, host, timeout: 1000 });
    const end = (answer) => (socket.destroy(), resolve(answer));
    socket.on("connect", () => end(true)).on("error", () => end(false)).on("timeout", () => end(false));
  });

/** User and group by name; nothing when not root, where all runs as the one who runs the test. */
function account(name) {
  if (!isRoot) return {};
  const fields = fs.readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":")).find((line) => line[0] === name);
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

export class Stack {
  constructor() {
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), "capstan-stack-"));
    fs.chmodSync(this.directory, 0o755);
    this.processes = {};
    for (const name of ["log", "conf", "nginx", "tomcat/conf/Catalina/localhost", "tomcat/webapps", "tomcat/shop", "tomcat/temp", "tomcat/work", "tomcat/logs", "postgresql", "mariadb", "run"]) {
      fs.mkdirSync(this.path(name), { recursive: true });
    }
    fs.chmodSync(this.path("run"), 0o777);
  }

  path(name) {
    return path.join(this.directory, name);
  }

  async start() {
    this.ports = {};
    for (const name of ["nginx", "tomcat", "postgresql", "mariadb"]) this.ports[name] = await freePort();
    this.mountPostgresql();
    this.texts = this.healthyTexts();
    for (const name of Object.keys(this.texts)) this.write(name, this.texts[name]);
    fs.writeFileSync(this.path("tomcat/shop/index.jsp"), kPage);
    this.makeDatabases();
    await Promise.all([this.startPostgresql(), this.startMariadb()]);
    this.fillDatabases();
    await this.startTomcat();
    await this.startNginx();
    await until("the whole stack answers", 60, async () => (await this.get("/?db=postgresql")) === 200 && (await this.get("/?db=mariadb")) === 200);
  }

  /** On a small filesystem of its own where that can be had, so that it can run full. */
  mountPostgresql() {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=160m", "capstan-stack", this.path("postgresql")], { stdio: "ignore" });
      this.hasOwnFilesystem = true;
    } catch {
      this.hasOwnFilesystem = false;
    }
  }

  healthyTexts() {
    const { nginx, tomcat, postgresql, mariadb } = this.ports;
    return {
      "nginx/nginx.conf": `${isRoot ? "user www-data;\n" : ""}daemon off;
worker_processes 1;
pid ${this.path("run/nginx.pid")};
error_log ${this.path("log/nginx-error.log")} warn;
events {
  worker_connections 256;
}
http {
  access_log off;
  client_body_temp_path ${this.path("nginx/body")};
  proxy_temp_path ${this.path("nginx/proxy")};
  fastcgi_temp_path ${this.path("nginx/fastcgi")};
  uwsgi_temp_path ${this.path("nginx/uwsgi")};
  scgi_temp_path ${this.path("nginx/scgi")};
  client_max_body_size 4m;
  include sites/*.conf;
}
`,
      "nginx/sites/shop.conf": `upstream shop {
  server 127.0.0.1:${tomcat} max_conns=60;
}
server {
  listen 127.0.0.1:${nginx};
  location / {
    proxy_pass http://shop;
    proxy_read_timeout 20s;
  }
}
`,
      "tomcat/conf/server.xml": `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    <Connector
        address="127.0.0.1"
        port="${tomcat}"
        protocol="HTTP/1.1"
        maxThreads="50"
        acceptCount="50"
        maxPostSize="4194304"
        connectionTimeout="20000"/>
    <Engine name="Catalina" defaultHost="localhost" backgroundProcessorDelay="1">
      <Host name="localhost" appBase="webapps" autoDeploy="true"/>
    </Engine>
  </Service>
</Server>
`,
      "tomcat/conf/web.xml": kWebXml,
      "tomcat/conf/context.xml": "<Context><JarScanner scanClassPath=\"false\" scanBootstrapClassPath=\"false\"/></Context>\n",
      "tomcat/conf/catalina.properties": `common.loader="\${catalina.home}/lib","\${catalina.home}/lib/*.jar",/usr/share/java/postgresql.jar,/usr/share/java/mariadb-java-client.jar
tomcat.util.scan.StandardJarScanFilter.jarsToSkip=*.jar
`,
      "tomcat/conf/logging.properties": `handlers = java.util.logging.ConsoleHandler
.level = INFO
java.util.logging.ConsoleHandler.level = INFO
java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter
`,
      "tomcat/conf/Catalina/localhost/ROOT.xml": `<Context docBase="${this.path("tomcat/shop")}">
  <Resource name="jdbc/postgresql" auth="Container" type="javax.sql.DataSource"
            driverClassName="org.postgresql.Driver"
            username="shop" password="not-to-be-seen"
            url="jdbc:postgresql://127.0.0.1:${postgresql}/shop?connectTimeout=3"
            maxTotal="20"
            maxWaitMillis="3000"/>
  <Resource name="jdbc/mariadb" auth="Container" type="javax.sql.DataSource"
            driverClassName="org.mariadb.jdbc.Driver"
            username="shop" password="not-to-be-seen"
            url="jdbc:mariadb://127.0.0.2:${mariadb}/\${SHOP_SCHEMA}?connectTimeout=3000"
            maxTotal="10"
            maxWaitMillis="3000"/>
</Context>
`,
      "conf/postgresql.conf": `data_directory = '${this.path("postgresql/data")}'
hba_file = '${this.path("conf/pg_hba.conf")}'
ident_file = '${this.path("conf/pg_ident.conf")}'
listen_addresses = '127.0.0.1'
port = ${postgresql}
max_connections = 60    # three are kept for the superuser
unix_socket_directories = '${this.path("run")}'
fsync = off
shared_buffers = 16MB
max_wal_size = 64MB
min_wal_size = 32MB
autovacuum = off
`,
      "conf/pg_hba.conf": "local all all trust\nhost all all 127.0.0.0/8 trust\n",
      "conf/pg_ident.conf": "",
      "conf/my.cnf": `[client]
port = ${mariadb}

[mysqld]
!includedir ${this.path("conf/mariadb.d")}
`,
      "conf/mariadb.d/server.cnf": `[mysqld]
datadir = ${this.path("mariadb")}
socket = ${this.path("run/mariadb.sock")}
pid-file = ${this.path("run/mariadb.pid")}
bind-address = 0.0.0.0
port = ${mariadb}
max_connections = 40
innodb_log_file_size = 8M
innodb_buffer_pool_size = 16M
skip-name-resolve
`,
    };
  }

  write(name, text) {
    const file = this.path(name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }

  /** Changes a file; what it gives back puts the old text there again. */
  change(name, from, to) {
    const text = this.texts[name];
    if (!text.includes(from)) throw new Error(`${name} does not hold '${from}'`);
    this.write(name, text.replace(from, to));
    return () => this.write(name, text);
  }

  /** "file:line" of the line that holds a text. */
  at(name, text) {
    const lines = fs.readFileSync(this.path(name), "utf8").split("\n");
    const index = lines.findIndex((line) => line.includes(text));
    if (index < 0) throw new Error(`${name} does not hold '${text}'`);
    return `${this.path(name)}:${index + 1}`;
  }

  postgresqlProgram(name) {
    const versions = fs.readdirSync("/usr/lib/postgresql").sort((a, b) => Number(a) - Number(b));
    return `/usr/lib/postgresql/${versions.at(-1)}/bin/${name}`;
  }

  makeDatabases() {
    const postgres = account("postgres");
    const mysql = account("mysql");
    if (isRoot) {
      fs.chownSync(this.path("postgresql"), postgres.uid, postgres.gid);
      fs.chownSync(this.path("mariadb"), mysql.uid, mysql.gid);
    }
    const quiet = { stdio: ["ignore", "ignore", "inherit"], cwd: this.path("run") };
    execFileSync(this.postgresqlProgram("initdb"), ["-D", this.path("postgresql/data"), "-A", "trust", "-U", "shop", "--no-sync", "--wal-segsize=1"], { ...quiet, ...postgres });
    execFileSync("mariadb-install-db", ["--no-defaults", `--datadir=${this.path("mariadb")}`, "--auth-root-authentication-method=normal", "--skip-test-db", ...(isRoot ? ["--user=mysql"] : [])], { ...quiet, stdio: "ignore" });
  }

  fillDatabases() {
    execFileSync("psql", ["-h", "127.0.0.1", "-p", String(this.ports.postgresql), "-U", "shop", "-d", "postgres", "-c", "CREATE DATABASE shop"], { stdio: "ignore" });
    this.mariadb("CREATE DATABASE stock; CREATE USER shop@'%' IDENTIFIED BY 'not-to-be-seen'; GRANT ALL ON *.* TO shop@'%'");
  }

  /** Idle connections to PostgreSQL, each as far as that a server process serves it. */
  async openSessions(count) {
    const body = Buffer.from("user\0shop\0database\0shop\0\0");
    const hello = Buffer.alloc(8);
    hello.writeInt32BE(hello.length + body.length, 0);
    hello.writeInt32BE(3 << 16, 4); // Version 3 of the protocol.
    const sessions = Array.from({ length: count }, () => net.connect({ port: this.ports.postgresql, host: "127.0.0.1" }));
    await Promise.all(sessions.map(async (session) => {
      session.on("error", () => {});
      session.write(Buffer.concat([hello, body]));
      await once(session, "data");
    }));
    return sessions;
  }

  mariadb(sql) {
    execFileSync("mariadb", ["--no-defaults", `--socket=${this.path("run/mariadb.sock")}`, "-u", "root", "-e", sql], { stdio: "ignore" });
  }

  launch(name, program, args, options = {}) {
    const log = fs.openSync(this.path(`log/${options.log ?? name}.log`), "a");
    const child = spawn(program, args, { stdio: ["ignore", log, log], cwd: this.path("run"), env: { PATH: process.env.PATH, LANG: "C.UTF-8", ...options.env }, ...options.account });
    fs.closeSync(log);
    this.processes[name] = child;
    return child;
  }

  async stop(name) {
    const child = this.processes[name];
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    // PostgreSQL waits for its clients on SIGTERM, and not on SIGINT.
    child.kill(name === "postgresql" ? "SIGINT" : name === "tomcat" ? "SIGKILL" : "SIGTERM");
    await once(child, "exit");
  }

  async startPostgresql() {
    this.launch("postgresql", this.postgresqlProgram("postgres"), ["-c", `config_file=${this.path("conf/postgresql.conf")}`], { account: account("postgres") });
    await until("PostgreSQL answers", 30, () => answers(this.ports.postgresql, "127.0.0.1"));
  }

  async startMariadb() {
    this.launch("mariadb", "/usr/sbin/mariadbd", [`--defaults-file=${this.path("conf/my.cnf")}`], { account: account("mysql") });
    await until("MariaDB answers", 30, () => answers(this.ports.mariadb, "127.0.0.1"));
  }

  async startTomcat({ env = { SHOP_SCHEMA: "stock" }, java = ["-Xmx192m"], wrap = [] } = {}) {
    const home = "/usr/share/tomcat10";
    const command = [...wrap, "java", ...java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
      `-Dcatalina.home=${home}`, `-Dcatalina.base=${this.path("tomcat")}`, `-Djava.io.tmpdir=${this.path("tomcat/temp")}`,
      `-Djava.util.logging.config.file=${this.path("tomcat/conf/logging.properties")}`,
      "-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager",
      "-Dorg.apache.tomcat.util.digester.PROPERTY_SOURCE=org.apache.tomcat.util.digester.EnvironmentPropertySource",
      "-cp", `${home}/bin/bootstrap.jar:${home}/bin/tomcat-juli.jar`, "org.apache.catalina.startup.Bootstrap", "start"];
    this.launch("tomcat", command[0], command.slice(1), { env, log: "tomcat" });
    await until("Tomcat answers", 60, () => answers(this.ports.tomcat, "127.0.0.1"));
  }

  async restartTomcat(options) {
    await this.stop("tomcat");
    await this.startTomcat(options);
  }

  async startNginx() {
    this.launch("nginx", "sh", ["-c", 'ulimit -n 1024; exec nginx -c "$0"', this.path("nginx/nginx.conf")]);
    await until("nginx answers", 20, () => answers(this.ports.nginx, "127.0.0.1"));
  }

  async reloadNginx() {
    this.processes.nginx.kill("SIGHUP");
    await sleep(300);
  }

  /** The status of an answer, 0 for none. */
  get(target, { body } = {}) {
    return new Promise((resolve) => {
      const request = http.request({ host: "127.0.0.1", port: this.ports.nginx, path: target, agent: false, timeout: 15_000, method: body ? "POST" : "GET",
        headers: body ? { "content-type": "application/octet-stream", "content-length": body.length } : {} }, (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode)).on("error", () => resolve(0));
      });
      request.on("error", () => resolve(0)).on("timeout", () => request.destroy());
      request.end(body);
    });
  }

  async load(target, count, options) {
    return Promise.all(Array.from({ length: count }, () => this.get(target, options)));
  }

  async remove() {
    for (const name of ["nginx", "tomcat", "postgresql", "mariadb"]) await this.stop(name);
    if (this.hasOwnFilesystem) execFileSync("umount", ["-l", this.path("postgresql")]);
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

const kWebXml = `<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <servlet>
    <servlet-name>jsp</servlet-name>
    <servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class>
    <load-on-startup>3</load-on-startup>
  </servlet>
  <servlet-mapping>
    <servlet-name>jsp</servlet-name>
    <url-pattern>*.jsp</url-pattern>
  </servlet-mapping>
  <servlet>
    <servlet-name>default</servlet-name>
    <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
  </servlet>
  <servlet-mapping>
    <servlet-name>default</servlet-name>
    <url-pattern>/</url-pattern>
  </servlet-mapping>
  <welcome-file-list>
    <welcome-file>index.jsp</welcome-file>
  </welcome-file-list>
</web-app>
`;

const kPage = `<%@ page import="java.sql.*, javax.sql.DataSource, javax.naming.InitialContext" %><%
  String which = request.getParameter("db");
  if (which != null) {
    DataSource source = (DataSource) new InitialContext().lookup("java:comp/env/jdbc/" + which);
    try (Connection connection = source.getConnection(); Statement statement = connection.createStatement()) {
      String sql = request.getParameter("sql");
      statement.execute(sql == null ? "SELECT 1" : sql);
    }
  }
  out.print("ok");
%>
`;

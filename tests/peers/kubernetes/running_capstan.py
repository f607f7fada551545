"""Capstan as tests beside a cluster use it."""
import json
import pathlib
import subprocess


class Capstan:
    """One that watches a cluster. `settings` are more lines of its configuration."""

    def __init__(self, binary, directory, kubeconfig, settings=""):
        self.binary = binary
        self.directory = pathlib.Path(directory)
        self.data = self.directory / "data"
        config = self.directory / "config"
        config.mkdir()
        (config / "settings.yaml").write_text(f"kubernetes: {{kubeconfig: {kubeconfig}}}\n{settings}")
        self.process = None
        self.start()

    def start(self):
        self.log = open(self.directory / "log", "a")
        command = [self.binary, "run", "--listen", "127.0.0.1:0", "--data", self.data, "-c", self.directory / "config"]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=self.directory)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def sql(self, question):
        """The rows, or nothing while it cannot answer."""
        command = [self.binary, "sql", question, "--data", self.data, "--json"]
        answer = subprocess.run(command, capture_output=True, text=True)
        return json.loads(answer.stdout)["rows"] if answer.returncode == 0 else None

    def check(self, change, *arguments):
        return self.check_text(json.dumps(change), *arguments)

    def check_text(self, change, *arguments):
        command = [self.binary, "check", "-f", "-", "--data", self.data, *arguments]
        return subprocess.run(command, input=change, capture_output=True, text=True)

    def said(self):
        """What it has logged."""
        return (self.directory / "log").read_text()

    def run(self, *arguments):
        """One of its commands, which must succeed."""
        command = [self.binary, *arguments, "--data", self.data]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

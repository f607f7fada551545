// Real work and real waste on this machine: work must be left alone, waste be told within seconds. Which program it is
// and who runs it must not matter, so names are random here.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <string>

#include "workload.h"

namespace capstan::trouble {
namespace {

struct Case {
  std::string name;
  std::string command;
  std::string setup = "";  // Run before, and not measured.
};
void PrintTo(const Case& tried, std::ostream* out) { *out << tried.name; }

std::string shape(const testing::TestParamInfo<Case>& info) { return info.param.name; }

Measured measure(const Case& tried) {
  const Workshop workshop;
  if (!tried.setup.empty()) {
    const int status = std::system(fmt::format("cd '{}' && {{ {}; }}", workshop.path(), tried.setup).c_str());
    EXPECT_EQ(status, 0) << "the setup failed";
  }
  const Measured measured = run_workload(tried.command, workshop.path(), 12);
  fmt::print("{:<28} {:5.1f} s of processor time, {:5.1f} s unproductive: {:3.0f} %\n{}", tried.name,
             measured.cpu_seconds, measured.unproductive_seconds, 100 * measured.share(), measured.reasons);
  return measured;
}

class Work : public testing::TestWithParam<Case> {};

TEST_P(Work, IsLeftAlone) {
  const Measured measured = measure(GetParam());
  EXPECT_GT(measured.cpu_seconds, 0.2) << "the workload did not run";
  EXPECT_LT(measured.share(), 0.10);
}

class Waste : public testing::TestWithParam<Case> {};

TEST_P(Waste, IsTold) {
  const Measured measured = measure(GetParam());
  EXPECT_GT(measured.cpu_seconds, 1) << "the workload did not run";
  EXPECT_GT(measured.share(), 0.75);
}

const Case kWork[] = {
    {"ParallelBuild", "make -s -j4"},
    {"BackupPipedToGzip", "while :; do tar c /usr/lib/gcc /usr/bin 2>/dev/null | gzip > backup.tgz; done"},
    {"BackupPipedToNowhere", "while :; do tar c /usr/lib/gcc /usr/bin | gzip -9 > /dev/null; done"},
    {"BackupWithSlowCompression", "tar c /usr/lib/gcc | xz -9 > backup.txz"},
    {"PackageUpgrade",
     "mkdir -p p/DEBIAN p/usr/share; printf 'Package: x\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@x>\\n"
     "Description: x\\n' > p/DEBIAN/control; cp -r /usr/share/perl /usr/share/doc p/usr/share/ 2>/dev/null; "
     "dpkg-deb -b p x.deb; while :; do dpkg-deb -x x.deb out; rm -rf out; done"},
    {"ThousandsOfShortLivedProcesses",
     "loop() { i=0; while [ $i -lt 100000 ]; do /bin/true; i=$((i+1)); done; }; loop & loop; wait"},
    {"SearchOfAllFiles",
     "while :; do grep -r nothing-has-this-text /usr/lib/python3 /usr/include /usr/share/doc; done"},
    {"WalkOverAllFiles", "while :; do find / -xdev -name nothing-has-this-name; du -sx /usr; done > /dev/null 2>&1"},
    {"ChecksumsOfFiles", "while :; do find /usr/bin /usr/lib -type f -size +100k | xargs sha256sum; done > /dev/null"},
    {"ConversionOfText",
     "while :; do cat /usr/include/*.h; done | python3 -c 'import sys\nn=0\nout=open(\"o\",\"w\")\n"
     "for line in sys.stdin:\n  n+=1\n  out.write(line.upper()[::-1])'"},
    {"ServerUnderLoad",
     "head -c 3000 /usr/bin/python3 > f; python3 -m http.server 0 > log 2>&1 & sleep 1; "
     "port=$(ss -tlnp | sed -n \"s/.*:\\([0-9]*\\) .*pid=$!,.*/\\1/p\"); "
     "for i in 1 2 3; do bash -c \"while :; do exec 3<>/dev/tcp/127.0.0.1/$port; "
     "printf 'GET /f HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3; done\" > /dev/null & done; wait"},
};
INSTANTIATE_TEST_SUITE_P(Of, Work, testing::ValuesIn(kWork), shape);

// A name that nobody can know: letters by chance.
std::string random_name() {
  std::random_device source;
  std::string name;
  for (int i = 0; i < 8; ++i) name += static_cast<char>('a' + source() % 26);
  return name;
}

Case renamed(std::string name, std::string_view program, std::string_view arguments) {
  const std::string binary = random_name();
  return {std::move(name), fmt::format("for i in 1 2; do ./{} {} & done; wait", binary, arguments),
          fmt::format("chmod 755 . && cp $(command -v {}) {}", program, binary)};
}

Case compiled(std::string name, std::string_view source) {
  const std::string binary = random_name();
  return {std::move(name), fmt::format("for i in 1 2; do ./{} & done; wait", binary),
          fmt::format("printf '%s' '{}' > s.c && gcc -O1 -pthread s.c -o {}", source, binary)};
}

const Case kWaste[] = {
    renamed("YesToNowhere", "yes", "> /dev/null"),
    renamed("EndlessShellLoop", "dash", "-c 'while :; do :; done'"),
    renamed("EndlessBashLoop", "bash", "-c 'while true; do x=$((x+1)); done'"),
    renamed("EndlessPythonLoop", "/usr/bin/python3.11", "-c 'while True: pass'"),
    renamed("EndlessPythonSum", "/usr/bin/python3.11", "-c 'x=0\nwhile True: x=(x*31+7)%1000003'"),
    renamed("EndlessAwkLoop", "mawk", "'BEGIN{while(1)x++}'"),
    renamed("EndlessPerlLoop", "perl", "-e '1 while 1'"),
    renamed("ChecksumOfZeros", "sha256sum", "/dev/zero"),
    renamed("ChecksumOfRandom", "md5sum", "/dev/urandom"),
    renamed("CopyOfNothing", "dd", "if=/dev/zero of=/dev/null bs=64k"),
    renamed("CipherBenchmark", "openssl", "speed -seconds 20 -evp aes-256-cbc > /dev/null 2>&1"),
    {"YesIntoChecksum", "yes | sha256sum"},
    {"AsAnotherUser",
     "setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'yes > /dev/null & while :; do :; done'"},
    {"MoreThanThereAreCores", "for i in 1 2 3 4 5 6 7 8; do yes > /dev/null & done; wait"},
    {"WithAPollingNeighbour", "yes > /dev/null & yes > /dev/null & while :; do cat /proc/uptime; sleep 0.2; done"},
    {"WritingALineASecond",
     "for i in 1 2; do perl -e '$|=1; open(F,\">>log\"); $t=time; while(1){if(time>$t){syswrite(F,\"x\\n\");$t=time}}' "
     "& done; wait"},
    compiled("CompiledLoop", "volatile long x; int main(){for(;;)x++;}"),
    compiled("CompiledThreads",
             "#include <pthread.h>\nvolatile long x; void*f(void*p){for(;;)x++;} int main(){pthread_t t; "
             "pthread_create(&t,0,f,0); pthread_join(t,0);}"),
    compiled("CompiledSystemCalls",
             "#include <unistd.h>\n#include <sys/syscall.h>\nint main(){for(;;)syscall(SYS_getppid);}"),
};
INSTANTIATE_TEST_SUITE_P(Of, Waste, testing::ValuesIn(kWaste), shape);

}  // namespace
}  // namespace capstan::trouble

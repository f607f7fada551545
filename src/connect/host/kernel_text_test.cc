// The kernel's texts, read: mounts, processes, units of systemd.
#include <gtest/gtest.h>

#include "connect/host/disk_metrics.h"
#include "connect/host/filesystems.h"
#include "connect/host/process.h"
#include "connect/host/service_table.h"

namespace capstan::host {
namespace {

TEST(Mounts, AreReadWithEscapesAndOptionalFields) {
  const auto mounts = parse_mounts(
      "22 27 0:21 / /proc rw - proc proc rw\n"
      "27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw\n"
      "28 27 0:30 / /mnt/my\\040disk ro,nosuid - tmpfs tmpfs ro,size=4k\n"
      "29 27 0:31 / /var/lib/docker/overlay2/x rw - ext4 /dev/vdb rw\n"
      "30 27 8:1 / /mnt/my\\040disk rw - xfs /dev/sda1 rw\n"
      "broken line\n31 27 8\n");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].mountpoint, "/");
  EXPECT_EQ(mounts[0].device_numbers, "254:0");
  EXPECT_EQ(mounts[1].mountpoint, "/mnt/my disk");
  EXPECT_EQ(mounts[1].type, "xfs");
  EXPECT_FALSE(mounts[1].read_only);
}

TEST(ProcessStat, TakesNamesThatTryToConfuse) {
  ProcessStat stat;
  std::string_view comm;
  ASSERT_TRUE(
      parse_stat("42 (a) R (1) S 7 42 40 0 -1 4194304 10 20 3 4 50 60 70 80 20 5 3 0 9999 1000 25 18446744073709551615",
                 stat, comm));
  EXPECT_EQ(comm, "a) R (1");
  EXPECT_EQ(stat.key, (ProcessKey{42, 9999}));
  EXPECT_EQ(stat.state, 'S');
  EXPECT_EQ(stat.parent, 7);
  EXPECT_EQ(stat.session, 40);
  EXPECT_EQ(stat.cpu_ms(), 1100u);
  EXPECT_EQ(stat.reaped_ms, 1500u);
  EXPECT_EQ(stat.reaped_faults, 24u);
  EXPECT_EQ(stat.nice, 5);
  EXPECT_EQ(stat.threads, 3);
  EXPECT_FALSE(parse_stat("42 (a) S 7", stat, comm));
  EXPECT_FALSE(parse_stat("", stat, comm));
}

TEST(ProcessResource, NamesAProcessForAllTimeAndBack) {
  const auto named = parse_process_resource(process_resource("7f3ac1d2", {4211, 885531}));
  ASSERT_TRUE(named);
  EXPECT_EQ(named->boot, "7f3ac1d2");
  EXPECT_EQ(named->key, (ProcessKey{4211, 885531}));
  for (const char* wrong :
       {"host_process/x", "host_process/a-b-c", "host_process/a-0-5", "host_process/a-5", "k8s_pod/a-1-2", ""}) {
    EXPECT_FALSE(parse_process_resource(wrong)) << wrong;
  }
}

TEST(Disks, AreNoPartitionsAndNoLoops) {
  for (const char* disk : {"sda", "vda", "nvme0n1", "dm-0", "md0", "xvda"}) EXPECT_TRUE(is_disk(disk)) << disk;
  for (const char* other : {"sda1", "vda12", "nvme0n1p2", "loop3", "ram0", "zram0", "fd0", "xvda1"})
    EXPECT_FALSE(is_disk(other)) << other;
}

TEST(SystemdServices, AreReadFromShow) {
  const auto services = parse_systemd_services(
      "Type=notify\nMainPID=812\nResult=success\nId=nginx.service\nDescription=A web "
      "server\nLoadState=loaded\nActiveState=active\n"
      "UnitFileState=enabled\n\nType=oneshot\nMainPID=0\nId=once.service\nLoadState=loaded\nActiveState="
      "inactive\nUnitFileState=enabled\n"
      "\nType=simple\nMainPID=0\nResult=signal\nId=db.service\nLoadState=loaded\nActiveState=failed\nUnitFileState="
      "enabled\n"
      "\nId=ghost.service\nLoadState=not-found\nActiveState=inactive\n");
  ASSERT_EQ(services.size(), 3u);
  EXPECT_EQ(services[0].name, "nginx");
  EXPECT_EQ(services[0].main_pid, 812);
  EXPECT_EQ(services[0].state, ServiceState::kRunning);
  EXPECT_TRUE(services[0].wanted_running);
  EXPECT_FALSE(services[1].wanted_running);
  EXPECT_EQ(services[2].state, ServiceState::kFailed);
  EXPECT_EQ(services[2].says, "signal");
}

}  // namespace
}  // namespace capstan::host

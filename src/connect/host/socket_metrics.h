// The network stack's counters, under node_exporter's names: sockets in use, protocol counters, connection tracking.
#pragma once

#include "connect/host/kernel_files.h"
#include "connect/host/sample_writer.h"

namespace capstan::host {

void add_socket_metrics(KernelFiles& proc, SampleWriter& out);
void add_protocol_metrics(KernelFiles& proc, SampleWriter& out);

}  // namespace capstan::host

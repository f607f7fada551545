"""The command line of each component of a plane. Limits are raised, so that 10,000 pods are a matter of a minute."""
import json
import shutil

SERVICE_ADDRESSES = "10.96.0.0/12"  # A million services.
POD_ADDRESSES = "10.128.0.0/9"
# Where pods would find the API server. It must not be loopback; this one is reserved for documentation.
ADVERTISED_ADDRESS = "192.0.2.1"


def etcd(plane, peer_url):
    return [shutil.which("etcd") or "/usr/bin/etcd", "--name=plane", f"--data-dir={plane.directory / 'etcd'}",
            f"--listen-client-urls={plane.etcd}", f"--advertise-client-urls={plane.etcd}", f"--listen-peer-urls={peer_url}",
            f"--initial-advertise-peer-urls={peer_url}", f"--initial-cluster=plane={peer_url}",
            "--quota-backend-bytes=4294967296", "--logger=zap", "--log-level=warn"]


def apiserver(plane, port):
    certificate, key = plane.keys["server"]
    accounts_certificate, accounts_key = plane.keys["accounts"]
    return [plane.binaries / "kube-apiserver", f"--etcd-servers={plane.etcd}", "--bind-address=127.0.0.1", f"--secure-port={port}",
            f"--advertise-address={ADVERTISED_ADDRESS}", f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
            f"--client-ca-file={plane.authority.certificate}", "--authorization-mode=Node,RBAC", "--allow-privileged=true",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-signing-key-file={accounts_key}", f"--service-account-key-file={accounts_certificate}",
            f"--service-cluster-ip-range={SERVICE_ADDRESSES}", "--max-requests-inflight=3000", "--max-mutating-requests-inflight=1500",
            # Debian's etcd is too old for lists as watches; a server that is not told so fails them instead of refusing them.
            "--feature-gates=WatchList=false",
            # Without it a server that is told to stop waits a minute for its watches.
            "--shutdown-watch-termination-grace-period=2s"]


def controller_manager(plane):
    busy = ("deployment-syncs", "replicaset-syncs", "endpoint-syncs", "service-endpoint-syncs", "namespace-syncs", "gc-syncs")
    return [plane.binaries / "kube-controller-manager", f"--kubeconfig={plane.kubeconfig_of('controller-manager')}",
            "--leader-elect=false", "--secure-port=0", "--use-service-account-credentials=true", "--allocate-node-cidrs=false",
            f"--service-account-private-key-file={plane.keys['accounts'][1]}", f"--root-ca-file={plane.authority.certificate}",
            "--kube-api-qps=2000", "--kube-api-burst=4000", *(f"--concurrent-{work}=20" for work in busy)]


def scheduler(plane):
    path = plane.directory / "scheduler.json"
    path.write_text(json.dumps({
        "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
        "leaderElection": {"leaderElect": False},
        "clientConnection": {"kubeconfig": str(plane.kubeconfig_of("scheduler")), "qps": 2000, "burst": 4000}}))
    return [plane.binaries / "kube-scheduler", f"--config={path}", "--secure-port=0"]


def kwok(plane):
    return [plane.binaries / "kwok", f"--kubeconfig={plane.kubeconfig_of('kwok')}", f"--config={plane.binaries / 'kwok-stages.yaml'}",
            "--manage-all-nodes=true", f"--cidr={POD_ADDRESSES}", "--node-lease-duration-seconds=40"]

# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Slurm cluster on one machine: a controller and nodes, each in a network namespace with
a name of its own and, the nodes, one CPU, or a share of the first one. Needs root."""

import os
import shutil
import subprocess
import time
from pathlib import Path

NETWORK = "10.98.0."
PROGRAMS = {"ip": "iproute2", "munged": "munge", "slurmctld": "slurmctld", "slurmd": "slurmd",
            "sbatch": "slurm-client", "unshare": "util-linux", "nsenter": "util-linux"}
CONFIGURATION = """
ClusterName=test
SlurmctldHost=controller({network}1)
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
KillWait=2
MessageTimeout=10
TCPTimeout=2
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing():
    return sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)})


def call(*command):
    return subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True).stdout


CPU_GROUPS = Path("/sys/fs/cgroup/cpu")  # control groups of the first version
PERIOD = 100000  # microseconds


class Cluster:
    """share: of the first CPU's time that each node has, 0 to 1. It is the same however many
    nodes there are and, if it is small, whatever else the machine does."""

    def __init__(self, folder, n_nodes, share=None):
        self.share, self.groups = share, []
        self.folder = Path(folder)
        self.names = [f"node{i + 1}" for i in range(n_nodes)]
        self.processes = {}
        self.mark = f"ecbsr-{os.getpid()}-"
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def __enter__(self):
        try:
            self.configure()
            self.make_network()
            self.start_munge()
            self.start("controller", "slurmctld", "-D", "-c")
            for number, name in enumerate(self.names):
                cpu = 0 if self.share else number % os.cpu_count()
                self.start(name, *self.shared(name), "taskset", "--cpu-list", cpu, "slurmd", "-D",
                           "-N", name)
            self.wait_for_nodes()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in list(self.processes):
            self.kill(name)
        for host in ["controller", *self.names]:
            subprocess.run(["ip", "netns", "delete", self.mark + host], check=False,
                           stderr=subprocess.DEVNULL)
        for group in self.groups:
            self.wait_until(lambda group=group: not (group / "cgroup.procs").read_text(),
                            f"{group} does not empty")
            group.rmdir()

    def shared(self, name):
        """What begins a command that has this node's share and no more."""
        if not self.share:
            return []
        group = CPU_GROUPS / (self.mark + name)
        group.mkdir()
        self.groups.append(group)
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(int(PERIOD * self.share)))
        return ["sh", "-c", f'echo 0 >{group}/cgroup.procs && exec "$@"', "shared"]

    def configure(self):
        nodes = "\n".join(f"NodeName={name} NodeAddr={NETWORK}{i + 2} CPUs=1 State=UNKNOWN"
                          for i, name in enumerate(self.names))
        (self.folder / "slurm.conf").write_text(
            CONFIGURATION.format(network=NETWORK, folder=self.folder, nodes=nodes))
        # Of the second version there is none in many containers.
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        (self.folder / "state").mkdir()

    def make_network(self):
        """A switch in the controller's namespace, with a cable to each node."""
        controller = self.mark + "controller"
        call("ip", "netns", "add", controller)
        inside = ("ip", "-n", controller)
        call(*inside, "link", "set", "lo", "up")
        call(*inside, "link", "add", "switch", "type", "bridge")
        call(*inside, "address", "add", NETWORK + "1/24", "dev", "switch")
        call(*inside, "link", "set", "switch", "up")
        for i, name in enumerate(self.names):
            host = self.mark + name
            call("ip", "netns", "add", host)
            call(*inside, "link", "add", name, "type", "veth", "peer", "name", "cable", "netns", host)
            call(*inside, "link", "set", name, "master", "switch", "up")
            call("ip", "-n", host, "address", "add", f"{NETWORK}{i + 2}/24", "dev", "cable")
            for device in "lo", "cable":
                call("ip", "-n", host, "link", "set", device, "up")

    def start_munge(self):
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        files = {"key-file": key, **{f"{kind}-file": self.folder / f"munge.{kind}"
                                     for kind in ("pid", "log", "seed")},
                 "socket": self.folder / "munge.socket"}
        # --force: below /tmp, which all may write to.
        self.processes["munge"] = self.popen(
            "munged", "--foreground", "--force", *[f"--{name}={path}" for name, path in files.items()])
        self.wait_until(files["socket"].exists, "munged does not start")

    def popen(self, *command):
        with open(self.folder / "output", "ab") as output:
            return subprocess.Popen([*map(str, command)], env=self.environment, stdout=output,
                                    stderr=output, stdin=subprocess.DEVNULL)

    def inside(self, host):
        """What begins a command on this host. nsenter, since `ip netns exec` hides
        /sys/fs/cgroup, which slurmd wants."""
        return ["nsenter", f"--net=/run/netns/{self.mark}{host}", "unshare", "--uts", "sh", "-c",
                'hostname "$0" && exec "$@"', host]

    def start(self, host, *command):
        """All that it starts ends with it, as with a machine."""
        self.processes[host] = self.popen(*self.inside(host), "unshare", "--pid", "--fork",
                                          "--kill-child", "--mount-proc", *command)

    def kill(self, name):
        """As if the plug were pulled."""
        process = self.processes.pop(name)
        if name in self.names:
            subprocess.run(["ip", "-n", self.mark + name, "link", "set", "cable", "down"], check=False)
        process.kill()
        process.wait()

    def wait_until(self, condition, complaint, seconds=120):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"{complaint}; see {self.folder}")
            time.sleep(0.2)

    def ask(self, *command):
        ended = subprocess.run([*self.inside("controller"), *map(str, command)], text=True,
                               env=self.environment, check=False, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        return ended.stdout

    def wait_for_nodes(self):
        self.wait_until(lambda: self.ask("sinfo", "-h", "-N", "-o", "%T").split().count("idle")
                        == len(self.names), "the nodes do not come up")

#!/usr/bin/env python3
"""CloudZ, MCM, Modeler and Pipeline as one process; README.md is their protocol, and says how to drive the emulator."""
import argparse
import asyncio
import json
import os
import signal

import control
import faults
import http_server
import world
from cloudz import CloudZ
from mcm import Mcm
from modeler import Modeler
from pipeline import Pipeline

ADMINISTRATOR = ("admin", "Adm1nistr@tion")
NAMES = ("cloudz", "mcm", "modeler", "pipeline", "control")


class Emulation:
    """All of the state, made anew by a reset; the ports stay."""

    def __init__(self, options):
        self.options = options
        self.api_key = f"mcmk-{options.seed:08x}"
        self.addresses = {}
        self.begin(options.seed)

    def begin(self, seed):
        """A world without a past; `seed` None keeps the seed."""
        options = self.options
        seed = self.world.seed if seed is None else seed
        self.world = world.World(seed, options.delays, options.start, options.maildir, options.spot_life)
        self.faults = faults.Faults(self.world, options.faults)
        shared = (self.world, self.faults, options.rate)
        cloudz = CloudZ(*shared, administrator=ADMINISTRATOR)
        others = {"mcm": Mcm(*shared, portal=cloudz, api_key=self.api_key), "modeler": Modeler(*shared, portal=cloudz),
                  "pipeline": Pipeline(*shared, portal=cloudz)}
        cloudz.others = others
        self.services = {"cloudz": cloudz, **others, "control": control.Control(self)}
        self.tell_addresses()

    def tell_addresses(self):
        for name, service in self.services.items():
            service.address = self.addresses.get(name, "")

    async def serve(self):
        for name in NAMES:
            # By name at every call, since a reset makes other services.
            respond = lambda request, name=name: self.services[name].respond(request)
            port = await http_server.listen(respond, self.options.slow)
            self.addresses[name] = f"http://127.0.0.1:{port}"
        self.tell_addresses()
        login, password = ADMINISTRATOR
        print(json.dumps({**self.addresses, "admin": {"login": login, "password": password}, "mcm_api_key": self.api_key}), flush=True)
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await stopped.wait()


def read_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the ids, the faults and the lives of spot clusters")
    parser.add_argument("--delays", type=float, default=1.0, help="scales what happens after a while; 0: at once")
    parser.add_argument("--faults", choices=sorted(faults.PROFILES), default="none")
    parser.add_argument("--maildir", help="where the mails go, made if it is missing")
    parser.add_argument("--rate", type=int, default=1000, help="calls a second of a caller at a service; 0: any")
    parser.add_argument("--spot-life", type=float, default=0.0, metavar="SECONDS", help="mean life of spot clusters; 0: for ever")
    parser.add_argument("--slow", type=float, default=30.0, metavar="SECONDS", help="how late the answers of slow calls are")
    parser.add_argument("--start", type=world.parse_stamp, metavar="TIME", help="what the time is at first; the machine's otherwise")
    return parser.parse_args()


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(Emulation(read_options()).serve())

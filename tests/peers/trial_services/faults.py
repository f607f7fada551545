"""What goes wrong: chosen by the seed and the number of the call, or ordered through the control port for calls to come."""
import re

# What a client hears does not tell the two apart, but for a 429.
BEFORE = {"rate", "error", "cut", "html"}  # Nothing was done.
AFTER = {"error_after", "cut_after", "html_after", "slow", "half"}  # It was done.
KINDS = sorted(BEFORE | AFTER)
PROFILES = {"none": 0.0, "some": 0.04, "many": 0.20}
MAX_ORDERS = 1000


class Faults:
    def __init__(self, world, profile):
        self.world = world
        self.share = PROFILES[profile]
        self.orders = []
        self.calls = {}

    def order(self, order):
        """{"fault", "service", "method", "path", "times", "skip"}; all but `fault` may be None."""
        if len(self.orders) >= MAX_ORDERS:
            raise RuntimeError(f"more than {MAX_ORDERS} faults are waiting")
        self.orders.append(dict(order))

    def forget(self):
        self.orders.clear()

    def draw(self, service, method, path):
        """The fault of this call, or None. Counts the call."""
        number = self.calls[service] = self.calls.get(service, 0) + 1
        for order in self.orders:
            if order["service"] not in (None, service) or order["method"] not in (None, method):
                continue
            if order["path"] is not None and not re.search(order["path"], path):
                continue
            if order["skip"] > 0:
                order["skip"] -= 1
                continue
            order["times"] -= 1
            if order["times"] <= 0:
                self.orders.remove(order)
            return order["fault"]
        if self.share == 0:
            return None
        chance = self.world.chance("fault", service, number)
        return chance.choice(KINDS) if chance.random() < self.share else None

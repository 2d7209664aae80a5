"""Good clients: those of one tenant, who read and write at a pace of their own."""

import threading

import measure
import prepare
from servers import Trouble


class Clients:
    """At first as fast as they can, then at `rates`."""

    def __init__(self, world, usher, rows, connections, user="portal"):
        self.world, self.usher, self.user = world, usher, user
        self.rows, self.connections = rows, connections
        self.rates = {name: 0 for name in connections}

    def find_rates(self, share):
        """From now on this share of what they reach now; how much they reached."""
        peak = {name: one["per_second"] for name, one in self.run(self.statuses()).items()}
        self.rates = {name: reached * share for name, reached in peak.items()}
        return peak

    def token(self):
        return self.world.sandbox.token(self.user)

    def statuses(self):
        return prepare.read_statuses(self.usher, self.token(), self.rows)

    def run(self, statuses):
        """What each kind measured, and how busy others were."""
        world, token = self.world, self.token()
        files = {"GET": prepare.get_requests(world.folder / f"{self.user}-get", self.rows,
                                             self.connections["GET"], [token]),
                 "PUT": prepare.put_requests(world.folder / f"{self.user}-put", statuses,
                                             self.connections["PUT"], token)}
        found, others = {}, measure.Others()
        threads = [threading.Thread(target=self.load, args=(found, name, files[name]))
                   for name in self.connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        busy = others.share()
        world.others.append(busy)
        if len(found) != len(threads):
            raise Trouble("a good client could not be measured")
        for name, result in found.items():
            measure.check_answers(f"good {name}", result)
            result["others_busy"] = busy
        return found

    def load(self, found, name, file):
        found[name] = measure.load(self.world, self.usher.port, file, self.connections[name],
                                   "--rate", self.rates[name])


def tell_pair(number, before, after):
    """Two runs of the same clients, next to each other."""
    busy = max(one["others_busy"] for run in (before, after) for one in run.values())
    print(f"    pair {number + 1}: " + ", ".join(
        f"{name} p99 {before[name]['p99_us'] / 1e3:.2f} -> {after[name]['p99_us'] / 1e3:.2f} ms"
        for name in before) + (f"  (others {busy:.0%})" if busy > measure.QUIET else ""),
          flush=True)


def p99_ratio(pairs, name):
    """The second of each pair over the first, and of how many that nobody disturbed."""
    before, after = ([pair[at][name] for pair in pairs] for at in (0, 1))
    return measure.paired_ratio(after, before, "p99_us")


def p99_row(benchmark, name, pairs, rate, **more):
    ratio, quiet = p99_ratio(pairs, name)
    return {"benchmark": benchmark, "name": name, "rate": rate, "p99_ratio": ratio,
            "quiet": quiet, "p99_us": [[one[name]["p99_us"] for one in pair] for pair in pairs],
            **more}

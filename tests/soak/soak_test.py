"""The long runs themselves: what fails is kept, what was interrupted goes on, no seed comes twice.
The programs are stand-ins that do as they are told."""

import pathlib
import tempfile
import unittest

import soak


class Stand(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="usher-soak-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.page = self.folder / "soak.md"
        kept, soak.FOLDER = soak.FOLDER, self.folder
        self.addCleanup(setattr, soak, "FOLDER", kept)

    def program(self, text):
        path = self.folder / "program"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def soak(self, state, parts):
        return soak.Soak(state, parts, self.folder, self.page)

    def state(self, hours=0.0001):
        return soak.new_state(self.page, hours)

    def test_worlds_that_fail_are_kept_with_their_traces(self):
        usher = self.program('case "$*" in *--verbose*) echo "trace of $3" ;; *) '
                             'echo \'{"failed":[{"seed":77}]}\'; exit 1 ;; esac')
        state = self.state()
        found = soak.Worlds(state, usher).step(1)
        self.assertEqual(len(found), 1)
        self.assertEqual((found[0].folder / "seed-77.txt").read_text(), "trace of 77\n")
        self.assertIn("--from 1000001", (found[0].folder / "command.txt").read_text())
        self.assertEqual(state["next_seed"], soak.FIRST_SEED + state["seeds"])

    def test_most_worlds_are_small(self):
        usher = self.program(f'echo "$*" >> {self.folder}/asked')
        worlds = soak.Worlds(self.state(), usher)
        for _ in range(20):
            worlds.step(1)
        asked = (self.folder / "asked").read_text().splitlines()
        self.assertEqual(sum("--entitlements" not in line for line in asked), 2)

    def test_a_crash_is_a_finding(self):
        found = soak.Worlds(self.state(), self.program("kill -9 $$")).step(1)
        self.assertEqual(len(found), 1)

    def test_the_files_of_a_killed_one_are_kept(self):
        script = self.folder / "kill.py"
        script.write_text("import pathlib, sys\nkeep = pathlib.Path(sys.argv[-1])\n"
                          "keep.mkdir()\n(keep / 'usher.db').write_text('x')\nsys.exit(1)\n")
        state = self.state()
        found = soak.Kills(state, "usher", script).step(1)
        self.assertEqual((found[0].folder / "files" / "usher.db").read_text(), "x")
        self.assertEqual(state["kills"], soak.Kills.rounds * soak.CORES)

    def test_what_a_fuzzer_found_is_kept(self):
        fuzzer = self.program('touch "$(echo "$4" | cut -d= -f2)crash-1"; exit 77')
        found = soak.Fuzzers(self.state(), {"token": fuzzer}).step(1)
        self.assertEqual([path.name for path in found[0].folder.glob("crash-*")], ["crash-1"])

    def test_nothing_found_is_nothing_kept(self):
        good = self.program("exit 0")
        state = self.state()
        run = self.soak(state, [soak.Worlds(state, good), soak.Fuzzers(state, {"token": good})])
        run.run()
        self.assertEqual(state["findings"], [])
        self.assertFalse((self.folder / "findings").exists())
        self.assertFalse((self.folder / "state.json").exists())

    def test_a_line_for_each_run_and_no_seed_twice(self):
        good = self.program("exit 0")
        for _ in range(2):
            state = self.state()
            self.soak(state, [soak.Worlds(state, good)]).run()
        lines = [line for line in self.page.read_text().splitlines() if line.startswith("| 20")]
        self.assertEqual(len(lines), 2)
        first, second = (line.split(" | ")[3].split("–") for line in lines)
        self.assertEqual(int(second[0]), int(first[1]) + 1)

    def test_what_was_interrupted_goes_on(self):
        state = self.state(8)
        state.update(seconds=3600, kills=25, next_seed=soak.FIRST_SEED + 10, seeds=10)
        self.soak(state, []).save()
        self.assertEqual(soak.resume(None, self.folder, self.page), state)
        state["commit"] = "another"
        self.soak(state, []).save()
        again = soak.resume(None, self.folder, self.page)
        self.assertEqual((again["seconds"], again["next_seed"]), (0, soak.FIRST_SEED + 10))
        self.assertIn("| another | 1.00 |", self.page.read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)

#!/usr/bin/env python3
"""Three portals, one written from each edition of the published pages, against the real program."""

import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "process"))
import program  # noqa: E402

TENANTS = {"edition_a": "demo", "edition_b": "demo_b", "edition_c": "demo_c"}


class Portals(program.Case):
    def test_each_works_as_its_pages_say(self):
        usher = self.started(program.start_dev())
        for name, tenant in TENANTS.items():
            with self.subTest(portal=name):
                done = subprocess.run(
                    [sys.executable, str(HERE / f"{name}.py"), usher.addresses["operator"],
                     usher.addresses["sandbox"], tenant], capture_output=True, text=True,
                    check=False, timeout=120)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertTrue(done.stdout.endswith("as published\n"), done.stdout)


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(description=__doc__))

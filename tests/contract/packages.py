"""A virtual environment of the pinned packages beside a test, made once under .cache/."""

import fcntl
import hashlib
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache"
OLDEST = (3, 11)  # Schemathesis 4 takes no older one


def folder(here):
    """Another Python or other requirements make another environment."""
    key = (here / "requirements.txt").read_bytes() + sys.version.encode()
    return CACHE / f"{here.name}-{hashlib.sha256(key).hexdigest()[:12]}"


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed; Debian needs python3-venv for "
                         f"this, and the packages come from PyPI:\n{done.stdout}{done.stderr}")


def make(path, here):
    print(f"installing {here.name}/requirements.txt into {path.relative_to(CACHE.parent)}",
          flush=True)
    run(sys.executable, "-m", "venv", "--clear", path)
    run(path / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-input",
        "--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes",
        "--requirement", here / "requirements.txt")


def ensure(here=HERE):
    """The environment's folder. Several tests may come at once; one of them makes it."""
    if sys.version_info < OLDEST:
        raise SystemExit(f"Python {'.'.join(map(str, OLDEST))} or newer is needed, "
                         f"this is {sys.version.split()[0]}")
    path = folder(here)
    done = path / "complete"
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / f"{here.name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make(path, here)
            done.touch()
    return path


def enter(here=HERE):
    """Goes on in the environment's Python."""
    path = ensure(here)
    if pathlib.Path(sys.prefix).resolve() == path.resolve():
        return
    python = str(path / "bin" / "python")
    os.execv(python, [python, "-B", *sys.argv])

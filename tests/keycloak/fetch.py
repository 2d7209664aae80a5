#!/usr/bin/env python3
"""Brings Keycloak's distribution into the project's cache, once, with the Maven client."""

import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

VERSION = "26.0.7"
SHA256 = "25353b74613bcf72db67f8addbd88d832c705a69333091a16573d249d665fe21"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "keycloak"
PATIENCE_S = 900


class Missing(Exception):
    """Something that this machine lacks; says what, and the remedy."""


def digest(path):
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def download(folder):
    """With a repository of its own, so that nothing stays in the user's."""
    if not shutil.which("mvn"):
        raise Missing("mvn is missing, which fetches Keycloak; install it with "
                      "apt-get install maven")
    done = subprocess.run(["mvn", "-B", "-q", PLUGIN, f"-Dartifact={ARTIFACT}",
                           f"-DoutputDirectory={folder}/out", f"-Dmaven.repo.local={folder}/repo"],
                          cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=PATIENCE_S, check=False)
    found = list((folder / "out").glob("*.zip"))
    if done.returncode != 0 or len(found) != 1:
        raise Missing(f"mvn could not fetch {ARTIFACT}; it needs Maven Central or a mirror of it "
                      f"in its settings.xml. It said:\n{done.stdout[-2000:]}")
    return found[0]


def distribution():
    """The path of the distribution, whole and unchanged."""
    CACHE.mkdir(parents=True, exist_ok=True)
    kept = CACHE / f"keycloak-{VERSION}.zip"
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists() and digest(kept) == SHA256:
            return kept
        with tempfile.TemporaryDirectory(dir=CACHE, prefix="fetch-") as folder:
            came = download(pathlib.Path(folder))
            if digest(came) != SHA256:
                raise Missing(f"{ARTIFACT} came with SHA-256 {digest(came)}, not {SHA256}; do not "
                              "use it, and look at the mirror that it came from")
            came.replace(kept)
    return kept


if __name__ == "__main__":
    try:
        print(distribution())
    except Missing as missing:
        sys.exit(f"fetch.py: {missing}")

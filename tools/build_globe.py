"""Build the globe of the report: web/ becomes src/ecumene/views/data/globe.js.

    python tools/build_globe.py

Needs Node.js and npm; nobody who installs or runs ecumene does. The first line of the bundle holds the digest of the
sources and the lock file, which a test compares.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
BUNDLE = ROOT / "src" / "ecumene" / "views" / "data" / "globe.js"


def digest_of_sources() -> str:
    """Return the digest of everything the bundle is made from."""
    digest = hashlib.sha256()
    for path in [*sorted((WEB / "src").glob("*.js")), WEB / "package.json", WEB / "package-lock.json"]:
        digest.update(path.relative_to(WEB).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def main() -> None:
    """Install what package-lock.json names, and write the bundle."""
    subprocess.run(["npm", "ci", "--silent"], cwd=WEB, check=True)  # noqa: S607
    built = subprocess.run(  # noqa: S603 - our own command
        [
            *("npx", "esbuild", "src/app.js", "--bundle", "--minify", "--format=iife", "--target=es2022"),
            *("--legal-comments=none", "--charset=utf8"),
        ],
        cwd=WEB,
        check=True,
        capture_output=True,
    ).stdout
    banner = (
        f"/* ecumene globe; sources {digest_of_sources()}; contains three.js (MIT, three.js authors) and h3-js "
        "(Apache-2.0, Uber Technologies): see NOTICE */\n"
    )
    BUNDLE.parent.mkdir(exist_ok=True)
    BUNDLE.write_bytes(banner.encode() + built.replace(b"</script", b"<\\/script"))
    print(f"{BUNDLE.relative_to(ROOT)}: {BUNDLE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

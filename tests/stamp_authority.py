"""An authority for stamps of time over a real socket: OpenSSL answers, so that the mathematics are not ours twice."""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
import threading
import time
from collections.abc import Iterator
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIGURATION = """
[tsa]
default_tsa = this
[this]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
certs = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Manner(StrEnum):
    """How the authority answers."""

    HONEST = "as it should"
    SLOW = "a byte now and then"
    OTHER_NONCE = "another question of the same bytes"
    OTHER_BYTES = "about other bytes"
    REFUSING = "no"
    NONSENSE = "no stamp at all"
    BROKEN = "500"


class Authority:
    """Keys, certificates and manner of one authority; ``url`` while it is served."""

    def __init__(self, folder: Path, *, valid: tuple[int, int] = (-1, 365)) -> None:
        """``valid``: first and last day of the signer's certificate, counted from today."""
        folder.mkdir(parents=True)
        self.folder, self.manner, self.url, self.asked = folder, Manner.HONEST, "", 0
        self.roots = folder / "root.pem"
        root_key, signer_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root_name = _name("A root for tests")
        self.roots.write_bytes(_certificate(root_name, root_name, root_key, root_key, (-400, 3650)))
        signer = _certificate(_name("An authority for tests"), root_name, signer_key, root_key, valid, stamps=True)
        (folder / "signer.pem").write_bytes(signer)
        (folder / "signer.key").write_bytes(
            signer_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))

    def answer(self, question: bytes) -> bytes:
        """The DER of a TimeStampResp, in the authority's present manner."""
        if self.manner is Manner.NONSENSE:
            return b"<html>It works!</html>"
        asked = self.folder / "question.tsq"
        asked.write_bytes(question)
        if self.manner in (Manner.OTHER_NONCE, Manner.OTHER_BYTES):
            digest = question[question.index(b"\x04\x20") + 2 :][:32].hex()
            digest = digest if self.manner is Manner.OTHER_NONCE else "ab" * 32
            run("ts", "-query", "-sha256", "-digest", digest, "-cert", "-out", str(asked))
        if self.manner is Manner.REFUSING:
            run("ts", "-query", "-sha1", "-digest", "ab" * 20, "-out", str(asked))  # a digest that it does not take
        return run("ts", "-reply", "-config", str(self.folder / "tsa.cnf"), "-queryfile", str(asked))

    @contextlib.contextmanager
    def served(self) -> Iterator[str]:
        """Within it, the authority answers at its ``url``."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/stamp"
        try:
            yield self.url
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def run(*arguments: str) -> bytes:
    """What the program ``openssl`` prints."""
    return subprocess.run(["openssl", *arguments], capture_output=True, check=True).stdout


def openssl_agrees(answer: Path, data: Path, roots: Path) -> bool:
    """Whether ``openssl ts -verify``, which knows nothing of us, takes the stamp for these bytes."""
    command = ["openssl", "ts", "-verify", "-in", str(answer), "-data", str(data), "-CAfile", str(roots)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _handler(authority: Authority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authority.asked += 1
            question = self.rfile.read(int(self.headers["Content-Length"]))
            body = authority.answer(question)
            self.send_response(500 if authority.manner is Manner.BROKEN else 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                for start in range(0, len(body), 1 if authority.manner is Manner.SLOW else len(body)):
                    if authority.manner is Manner.SLOW:
                        time.sleep(0.05)
                        self.wfile.write(body[start : start + 1])
                    else:
                        self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    valid: tuple[int, int],
    *,
    stamps: bool = False,
) -> bytes:
    today = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today + dt.timedelta(days=valid[0]))
        .not_valid_after(today + dt.timedelta(days=valid[1]))
        .add_extension(x509.BasicConstraints(ca=not stamps, path_length=None), critical=True)
    )
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

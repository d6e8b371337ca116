# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A server on the loopback address that answers as it is told, with or without TLS."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import ipaddress
import json
import ssl
import threading
import typing as t
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Handler = t.Callable[["Request"], None]


class Request(http.server.BaseHTTPRequestHandler):
    """One request; an answer is a method call."""

    protocol_version = "HTTP/1.1"
    server: ApiServer

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.path, dict(self.headers.items())))
        self.server.sent.append((self.command, json.loads(body) if body else None))
        self.server.answer(self)

    def do_PATCH(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def stream(self, *lines: bytes) -> None:
        """Answer as a watch does: one chunk after the other, and then the end."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in (*lines, b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    def reply(self, body: t.Any, *, status: int = 200, **headers: str) -> None:
        """Answer with JSON."""
        self.reply_raw(json.dumps(body).encode(), status=status, **{"Content-Type": "application/json", **headers})

    def reply_raw(self, data: bytes, *, status: int = 200, **headers: str) -> None:
        """Answer with bytes."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status: int, message: str, **headers: str) -> None:
        """Answer as the API server does when it does not do what it is asked for."""
        self.reply(
            {"kind": "Status", "status": "Failure", "message": message, "code": status}, status=status, **headers
        )

    def drop(self) -> None:
        """Close the connection without an answer."""
        self.close_connection = True

    def hang(self) -> None:
        """Give no answer until the server is closed."""
        self.server.closing.wait()
        self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.server.date or super().date_time_string(timestamp)

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002
        pass


class ApiServer(http.server.ThreadingHTTPServer):
    """The server; *requests* has the path and headers of each request, *sent* its method and body."""

    daemon_threads = True

    def __init__(self, answer: Handler, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.answer = answer
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.sent: list[tuple[str, t.Any]] = []
        self.closing = threading.Event()
        self.date = ""  # what it says the time is, when it is not the real one
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.server_address[1]}"
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        pass  # a client that does not trust us ends the handshake


@contextlib.contextmanager
def serve(answer: Handler, context: ssl.SSLContext | None = None) -> t.Iterator[ApiServer]:
    """Serve until the context is left."""
    with ApiServer(answer, context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


def make_tls(folder: Path, *, name: str = "") -> tuple[ssl.SSLContext, str]:
    """Make a certificate for the loopback address, or for a *name*; return the server's context and the CA's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    alternative = x509.DNSName(name) if name else x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    usage.update(
        dict.fromkeys(("digital_signature", "key_cert_sign", "crl_sign"), True),
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "tls.crt", folder / "tls.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_file.write_bytes(key.private_bytes(*plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    return context, str(certificate_file)

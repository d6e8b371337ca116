# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate authority per lab, with the few certificates that its components need."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
LIFETIME = datetime.timedelta(days=30)
LOOPBACK = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class KeyPair:
    """Paths of a PEM certificate and of its PEM private key."""

    certificate: Path
    key: Path


class Authority:
    """Issues certificates below one folder; ``authority.certificate`` is the path of the CA's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "milvus.cluster lab")])
        usage = dict.fromkeys(_KEY_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
        builder = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
        )
        self.certificate = self._write("ca.crt", builder.sign(self._key, hashes.SHA256()))

    def issue(
        self, name: str, *, user: str, groups: tuple[str, ...] = (), hosts: tuple[str, ...] = LOOPBACK
    ) -> KeyPair:
        """A certificate for the client ``user`` in ``groups``, which also serves at ``hosts``: addresses and names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject.append(x509.NameAttribute(NameOID.COMMON_NAME, user))
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = (
            self._builder(x509.Name(subject), key.public_key())
            .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        )
        certificate = self._write(f"{name}.crt", builder.sign(self._key, hashes.SHA256()))
        return KeyPair(certificate, self._write(f"{name}.key", key))

    def signing_key(self, name: str) -> Path:
        """A bare private key, for service account tokens."""
        return self._write(f"{name}.key", ec.generate_private_key(ec.SECP256R1()))

    def _builder(self, subject: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + LIFETIME)
            # Python 3.13 verifies strictly by RFC 5280, which wants both identifiers.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )

    def _write(self, name: str, content: x509.Certificate | ec.EllipticCurvePrivateKey) -> Path:
        if isinstance(content, x509.Certificate):
            data = content.public_bytes(serialization.Encoding.PEM)
        else:
            data = content.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
            )
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_bytes(data)
        return path


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)

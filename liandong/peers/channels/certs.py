"""Certificates for trying out and for tests: an authority in a folder, and certificates of nodes signed by it.

A city has its own authority; nothing here is needed then.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from liandong.peers.channels.tls import Files

CA = "ca"
CERTIFICATE, KEY = ".crt.pem", ".tls.pem"
HOSTS = ("127.0.0.1", "localhost")
EARLIER = timedelta(hours=1)  # for a peer whose clock is behind


def make_ca(folder: Path, now: datetime, *, days: int = 3650) -> Path:
    """The authority of the folder, made if it is not there. Returns its certificate."""
    path = folder / f"{CA}{CERTIFICATE}"
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("联动试用证书机构")
        made = _begun(name, name, key.public_key(), now, days).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        made = made.add_extension(_usage(sign_certificates=True), critical=True)
        _write(folder, CA, key, made.sign(key, hashes.SHA256()))
    return path


def make_node(folder: Path, node: str, now: datetime, *, hosts: Sequence[str] = HOSTS, days: int = 825) -> Files:
    """A certificate of the node for `hosts` by the authority of the folder, over one that may be there."""
    ca_key = serialization.load_pem_private_key((folder / f"{CA}{KEY}").read_bytes(), None)
    ca = x509.load_pem_x509_certificate((folder / f"{CA}{CERTIFICATE}").read_bytes())
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    made = _begun(_name(node), ca.subject, key.public_key(), now, days)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage(sign_certificates=False), critical=True)
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    made = made.add_extension(x509.ExtendedKeyUsage(both), critical=False)
    made = made.add_extension(x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False)
    _write(folder, node, key, made.sign(ca_key, hashes.SHA256()))
    return files_in(folder, node)


def files_in(folder: Path, node: str) -> Files:
    return Files(folder / f"{node}{CERTIFICATE}", folder / f"{node}{KEY}", folder / f"{CA}{CERTIFICATE}")


def _begun(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(min(now - EARLIER, now + timedelta(days=days - 1))).not_valid_after(
        now + timedelta(days=days)
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(folder: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for file, content in (
        (f"{name}{KEY}", private),
        (f"{name}{CERTIFICATE}", certificate.public_bytes(serialization.Encoding.PEM)),
    ):
        draft = folder / f".{file}.tmp"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
        draft.replace(folder / file)

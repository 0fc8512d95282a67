"""A private SM2 key whose number is known, as PEM: the published examples name numbers, not files."""

from __future__ import annotations

import base64

# SEQUENCE { 0, SEQUENCE { id-ecPublicKey, sm2p256v1 }, OCTET STRING { SEQUENCE { 1, d, [1] BIT STRING } } }
_HEAD = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
_POINT = bytes.fromhex("a14403420004")
_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")


def private_pem(number: str, x: str, y: str) -> str:
    return _pem(_HEAD + bytes.fromhex(number) + _POINT + bytes.fromhex(x + y), "PRIVATE KEY")


def public_pem(x: str, y: str) -> str:
    return _pem(_SPKI + bytes.fromhex(x + y), "PUBLIC KEY")


def der(r: str, s: str) -> bytes:
    """A signature of two 32-byte numbers in hexadecimal."""
    parts = [n.to_bytes(n.bit_length() // 8 + 1) for n in (int(r, 16), int(s, 16))]
    body = b"".join(b"\x02" + bytes([len(part)]) + part for part in parts)
    return b"\x30" + bytes([len(body)]) + body


def _pem(content: bytes, label: str) -> str:
    text = base64.b64encode(content).decode()
    lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


# GB/T 32918.5-2017, annex A: a published example, no secret of anybody.
NUMBER = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
X = "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
Y = "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"

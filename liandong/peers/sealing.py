"""Personal fields on the way: taken out of the data and sealed for the one node that may read them. Pure.

Each message has an SM4 key of its own, encrypted by SM2 for the receiver; each field is closed with SM4-GCM and bound
to the message's id and its place, so that it opens in no other message and in no other field.
"""

from __future__ import annotations

import base64
import copy
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from liandong.kernel import seals
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import LiandongError
from liandong.kernel.jsontext import BadJson, BadText, TooLarge, parse_json
from liandong.kernel.keys import KeyProvider, KeyUnknown
from liandong.kernel.seals import SealBroken
from liandong.kernel.sm2 import Sm2Failed
from liandong.peers.errors import SealUnfit

# Kind of message → the fields that are always sealed, and those that are where the caller asks for secrecy.
ALWAYS: Mapping[str, tuple[str, ...]] = {
    "matter": ("/order/caller/name", "/order/caller/phone", "/order/caller/identity_number"),
    "attachment": ("/name", "/about", "/bytes", "/taken_down/why"),
}
IF_SECRET: Mapping[str, tuple[str, ...]] = {
    "matter": ("/order/place/address", "/order/place/longitude", "/order/place/latitude")
}
_SECRET = "/order/caller/secret"  # noqa: S105 - a place, not a password
KEY_BYTES = 16
_LONGEST_FIELD = 512 * 1024  # a part of a document, in base64
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Recipient:
    """For whom to seal: the id of the receiver's key and its public half (SPKI PEM)."""

    keyid: str
    public: str


def personal(kind: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The JSON pointers of the personal fields that stand open in `data`."""
    paths = ALWAYS.get(kind, ())
    if _at(data, _SECRET) is True:
        paths += IF_SECRET.get(kind, ())
    return tuple(path for path in paths if _at(data, path) is not _NOTHING)


def seal(
    data: Mapping[str, Any], paths: Iterable[str], *, message: str, recipient: Recipient, keys: KeyProvider
) -> dict[str, Any]:
    """A copy of `data` with the fields of `paths` moved into `sealed`. `message` is the id of the envelope."""
    left = copy.deepcopy(dict(data))
    key = os.urandom(KEY_BYTES)
    fields = {path: _close(key, _take(left, path), message + path) for path in paths}
    closed = base64.b64encode(keys.encrypt(recipient.public, key)).decode("ascii")
    return {**left, "sealed": {"keyid": recipient.keyid, "key": closed, "fields": fields}}


def unseal(data: Mapping[str, Any], *, message: str, keys: KeyProvider) -> dict[str, Any]:
    """A copy of `data` with the sealed fields back in their places and without `sealed`.

    Data without `sealed` comes back as it is. Raises SealUnfit. Whoever opens checks the schema once more
    (`envelope.opened` does): what was sealed could not be judged before.
    """
    left = copy.deepcopy(dict(data))
    sealed = left.pop("sealed", None)
    if sealed is None:
        return left
    try:
        key = keys.decrypt(str(sealed["keyid"]), base64.b64decode(sealed["key"], validate=True))
        if len(key) != KEY_BYTES:
            raise SealUnfit
        for path, closed in sealed["fields"].items():
            _put(left, path, _open(key, closed, message + path))
    except (Sm2Failed, KeyUnknown, SealBroken, BadJson, BadText, TooLarge, ValueError, KeyError, TypeError) as why:
        raise SealUnfit(why=why.code if isinstance(why, LiandongError) else str(why)) from None
    return left


def _close(key: bytes, value: Any, place: str) -> str:
    return base64.b64encode(seals.seal(key, canonical(value).decode(), bound_to=place)).decode("ascii")


def _open(key: bytes, closed: str, place: str) -> Any:
    text = seals.unseal(key, base64.b64decode(closed, validate=True), bound_to=place)
    return parse_json(text.encode(), _LONGEST_FIELD)


def _names(path: str) -> list[str]:
    if not path.startswith("/"):
        raise SealUnfit(field=path[:100])
    return [name.replace("~1", "/").replace("~0", "~") for name in path[1:].split("/")]


def _at(data: Mapping[str, Any], path: str) -> Any:
    found: Any = data
    for name in _names(path):
        if not isinstance(found, Mapping) or name not in found:
            return _NOTHING
        found = found[name]
    return found


def _take(data: dict[str, Any], path: str) -> Any:
    *parents, last = _names(path)
    for name in parents:
        data = data[name]
    return data.pop(last)


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    """Put `value` where nothing stands: what was seen in the open must not become something else by opening."""
    *parents, last = _names(path)
    for name in parents:
        data = data.setdefault(name, {})
        if not isinstance(data, dict):
            raise SealUnfit(field=path[:100])
    if last in data:
        raise SealUnfit("密封字段与明文字段重复，已拒绝打开。", field=path[:100])
    data[last] = value

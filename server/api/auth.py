"""Who asks: a device by its token, and what the persons on it may read."""

from flask import g, request

from server.api.context import context
from server.hub.errors import HubError
from server.hub.exchange import reader_of
from server.hub.pages import Reader
from server.hub.tokens import device_of_token
from server.store.base import Unit

_SCHEME = "bearer "


def asking_device() -> str:
    """The device whose token this request carries, known here or not.

    Raises HubError ``not-authenticated`` where this server signed no such token.
    """
    header = request.headers.get("Authorization", "")
    if header[: len(_SCHEME)].lower() != _SCHEME:
        raise HubError("not-authenticated")
    device = device_of_token(context().token_key, header[len(_SCHEME) :].strip())
    if device is None:
        raise HubError("not-authenticated")
    g.device = device
    return device


def asking_reader(unit: Unit) -> Reader:
    """What the asking device may read. Raises HubError for one that may read nothing."""
    device_id = asking_device()
    device = unit.people.device(device_id)
    if device is None:
        raise HubError("unknown-device")
    if device.revoked:
        raise HubError("device-revoked")
    return reader_of(unit.people.persons_on(device_id))

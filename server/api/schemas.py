"""Shapes of every JSON body but the lines of a sync, for reading and for the OpenAPI document."""

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from sync.area import is_area


def _require_area(code: str) -> None:
    if not is_area(code):
        raise ValidationError("Not an area code.")


class Body(Schema):
    """A body whose unknown keys are passed over: a newer app may say more."""

    class Meta:
        """Options of all bodies."""

        unknown = EXCLUDE


class PublicKey(Body):
    """A device's key for signing bundles."""

    alg = fields.String(required=True, validate=validate.OneOf(["ES256"]))
    spki = fields.String(required=True, validate=validate.Length(min=1, max=1024))


class EnrolRequest(Body):
    """``POST /v1/enrol``."""

    code = fields.String(required=True, validate=validate.Length(min=1, max=64))
    device = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9_-]{8,64}\Z"))
    name = fields.String(load_default="", validate=validate.Length(max=100))
    public_key = fields.Nested(PublicKey, load_default=None, allow_none=True)
    app = fields.String(load_default="", validate=validate.Length(max=100))


class ServerSchema(Body):
    """Who this server is. ``key``: its public key in base64, to which restricted answers are sealed."""

    name = fields.String(required=True)
    url = fields.String(required=True)
    key = fields.String(required=True)


class EnrolAnswer(Body):
    """What a device keeps of its enrolment. ``person`` is the id; ``now`` is in ms."""

    token = fields.String(required=True)
    person = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    organisation = fields.String(required=True)
    scope = fields.List(fields.String(), required=True)
    now = fields.Integer(required=True)
    server = fields.Nested(ServerSchema, required=True)


class FormSchema(Body):
    """A published form version."""

    id = fields.String(required=True)
    version = fields.String(required=True)
    title = fields.String(required=True)
    published_at = fields.String(required=True)
    current = fields.Boolean(required=True)


class FormsAnswer(Body):
    """``GET /v1/forms``."""

    forms = fields.List(fields.Nested(FormSchema), required=True)


class AreasQuery(Body):
    """``GET /v1/areas``."""

    prefix = fields.String(load_default=None, validate=_require_area)
    format = fields.String(load_default="ndjson", validate=validate.OneOf(["ndjson", "csv"]))


class BoundariesQuery(Body):
    """``GET /v1/areas/boundaries``."""

    prefix = fields.String(load_default=None, validate=_require_area)


class RecordsQuery(Body):
    """``GET /v1/records``."""

    form = fields.String(load_default=None, validate=validate.Length(max=64))
    area = fields.String(load_default=None, validate=_require_area)
    after = fields.String(load_default="", validate=validate.Length(max=200))
    limit = fields.Integer(load_default=200, validate=validate.Range(min=1))


class ConflictsQuery(Body):
    """``GET /v1/conflicts``."""

    area = fields.String(load_default=None, validate=_require_area)


class Summary(Body):
    """A record in a list."""

    record = fields.String(required=True)
    form = fields.String(required=True)
    areas = fields.List(fields.String(), required=True)
    deleted = fields.Boolean(required=True)
    conflicts = fields.Integer(required=True)


class RecordsAnswer(Body):
    """``next`` is the ``after`` of the following page, null on the last one."""

    records = fields.List(fields.Nested(Summary), required=True)
    next = fields.String(required=True, allow_none=True)


class HeadSchema(Body):
    """A head of a field."""

    id = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)
    person = fields.String(required=True)
    organisation = fields.String(required=True)
    saved_at = fields.String(required=True)
    observed_on = fields.String(required=True, allow_none=True)


class FieldSchema(Body):
    """A field of a record; ``shown`` null means cleared."""

    shown = fields.Raw(required=True, allow_none=True)
    conflict = fields.Boolean(required=True)
    heads = fields.List(fields.Nested(HeadSchema), required=True)


class FlagSchema(Body):
    """A note that blocks nothing."""

    field = fields.String(required=True)
    code = fields.String(required=True)
    message = fields.String(required=True)


class RecordAnswer(Body):
    """A record with every field that has a head."""

    record = fields.String(required=True)
    form = fields.String(required=True)
    form_version = fields.String(required=True)
    areas = fields.List(fields.String(), required=True)
    deleted = fields.Boolean(required=True)
    ids = fields.List(fields.String(), required=True)
    fields_ = fields.Dict(
        keys=fields.String(), values=fields.Nested(FieldSchema), required=True, data_key="fields"
    )
    flags = fields.List(fields.Nested(FlagSchema), required=True)


class LineSchema(Body):
    """A line of a record's history."""

    id = fields.String(required=True)
    received_at = fields.String(required=True)
    held = fields.String(required=True, allow_none=True)
    person = fields.String()
    organisation = fields.String()
    saved_at = fields.String()
    observed_on = fields.String(allow_none=True)
    form = fields.String()
    fields_ = fields.Dict(keys=fields.String(), data_key="fields")
    why = fields.String(allow_none=True)


class LogAnswer(Body):
    """``GET /v1/records/<record>/log``."""

    log = fields.List(fields.Nested(LineSchema), required=True)


class ConflictSchema(Body):
    """A field on which a person must decide."""

    record = fields.String(required=True)
    form = fields.String(required=True)
    field = fields.String(required=True)
    heads = fields.List(fields.Nested(HeadSchema), required=True)


class ConflictsAnswer(Body):
    """``GET /v1/conflicts``."""

    conflicts = fields.List(fields.Nested(ConflictSchema), required=True)


class ManifestSchema(Body):
    """What a bundle says of its maker."""

    made = fields.Integer(required=True)
    by = fields.String(required=True)
    app = fields.String(required=True)
    name = fields.String(required=True)


class BundleLinesSchema(Body):
    """Log lines of a bundle; ``held``: how many of them are held now, by reason."""

    new = fields.Integer(required=True)
    known = fields.Integer(required=True)
    held = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class BundleDeviceSchema(Body):
    """What a bundle holds of a device id, and which of its numbers are not here."""

    device = fields.String(required=True)
    from_ = fields.Integer(required=True, data_key="from")
    to = fields.Integer(required=True)
    new = fields.Integer(required=True)
    missing = fields.List(fields.List(fields.Integer()), required=True)


class BundleDamageSchema(Body):
    """Lines of a bundle that were not stored; ``why``: ``damaged`` or ``storage-full``."""

    device = fields.String(required=True)
    from_ = fields.Integer(required=True, data_key="from")
    to = fields.Integer(required=True)
    why = fields.String(required=True)


class BundleFilesSchema(Body):
    """Photos and documents of a bundle."""

    new = fields.Integer(required=True)
    known = fields.Integer(required=True)
    broken = fields.Integer(required=True)


class BundleSecretsSchema(Body):
    """Sealed answers of a bundle."""

    opened = fields.Integer(required=True)
    unopened = fields.Integer(required=True)


class SignatureSchema(Body):
    """An end of a log that was signed, and whether its device did."""

    device = fields.String(required=True)
    seq = fields.Integer(required=True)
    id = fields.String(required=True)
    valid = fields.Boolean(required=True)


class BundleAnswer(Body):
    """What a bundle held and what became of it."""

    manifest = fields.Nested(ManifestSchema, required=True)
    lines = fields.Nested(BundleLinesSchema, required=True)
    devices = fields.List(fields.Nested(BundleDeviceSchema), required=True)
    broken = fields.List(fields.Nested(BundleDamageSchema), required=True)
    attachments = fields.Nested(BundleFilesSchema, required=True)
    secrets = fields.Nested(BundleSecretsSchema, required=True)
    signatures = fields.List(fields.Nested(SignatureSchema), required=True)
    receipts = fields.Integer(required=True)
    ignored = fields.Integer(required=True)
    cut = fields.Boolean(required=True)


class HealthAnswer(Body):
    """``GET /healthz`` and ``/readyz``. Warnings ask for a person; the server answers all the same."""

    status = fields.String(required=True)
    warnings = fields.List(fields.String())


class ProblemAnswer(Body):
    """Every error (RFC 9457); its details stand beside these members."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)

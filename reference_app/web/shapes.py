"""Shapes of answers that several endpoints share, for the OpenAPI document."""

from reference_app.web.schema import CENTS, COUNT, ID, MOMENT, TEXT, TOKEN, array, nullable, one_of, record

APPOINTMENT_FIELDS = {
    "id": ID,
    "location_id": ID,
    "barber_id": ID,
    "client_id": ID,
    "service_id": ID,
    "starts_at": MOMENT,
    "ends_at": MOMENT,
    "timezone": TEXT,
    "price_cents": CENTS,
    "status": one_of("pending", "confirmed", "cancelled", "completed", "no_show"),
    "version": COUNT,
}
APPOINTMENT = record(**APPOINTMENT_FIELDS)
BARBER = record(id=ID, name=TEXT)
SERVICE = record(id=ID, name=TEXT, duration_minutes=COUNT, price_cents=CENTS)
LOCATION_FIELDS = {
    "id": ID,
    "code": TEXT,
    "name": TEXT,
    "timezone": TEXT,
    "barbers": array(BARBER),
    "services": array(SERVICE),
}
SESSION = record(
    token=TOKEN,
    expires_at=MOMENT,
    user=record(id=ID, role=TEXT, name=TEXT, client_id=nullable(ID), location_id=nullable(ID)),
)

-- Secondary indexes of the `indexes` optimization; may be applied twice. The words in front of a comment's colon
-- name the endpoints and duties that need the index (read by storage/indexes.py, held by tests/optimizations):
-- AFTER's plans for them use it. Equality first, then the range or the order; INCLUDE where the table is not to
-- be read at all. On a live database: `python -m reference_app data indexes apply`.

-- appointments -----------------------------------------------------------------------------------------------

-- GET /api/v2/availability/slots, GET /api/v2/availability/next, POST /api/v2/appointments, duty hand-over: what
-- keeps a barber busy.
CREATE INDEX IF NOT EXISTS appointments_barber_starts_idx ON appointments (barber_id, starts_at)
    WHERE status IN ('pending', 'confirmed', 'completed');

-- GET /api/v2/locations/{id}/day, GET /api/v2/analytics/retention, GET /api/v2/analytics/utilisation,
-- GET /api/v2/analytics/top-services, GET /api/v2/analytics/no-shows,
-- GET /api/v2/analytics/six-figures?location_id={id}: a location's day, and its many days from the index alone.
CREATE INDEX IF NOT EXISTS appointments_location_starts_idx ON appointments (location_id, starts_at)
    INCLUDE (barber_id, client_id, service_id, ends_at, price_cents, status);

-- GET /api/v2/clients/{id}/history, GET /api/v2/clients/{id}/lifetime-value, duty export-client: a client's
-- visits, newest first; counted without the table.
CREATE INDEX IF NOT EXISTS appointments_client_starts_idx ON appointments (client_id, starts_at DESC)
    INCLUDE (status);

-- duty remind, duty daily-report: what is due tomorrow, and what nobody has closed.
CREATE INDEX IF NOT EXISTS appointments_open_starts_idx ON appointments (starts_at)
    WHERE status IN ('pending', 'confirmed');

-- duty daily-report: what was booked yesterday, by location.
CREATE INDEX IF NOT EXISTS appointments_created_idx ON appointments (created_at) INCLUDE (location_id);

-- duty daily-report: what was cancelled yesterday, by location.
CREATE INDEX IF NOT EXISTS appointments_cancelled_idx ON appointments (cancelled_at) INCLUDE (location_id)
    WHERE cancelled_at IS NOT NULL;

-- duty care: the last visit of a series.
CREATE INDEX IF NOT EXISTS appointments_series_idx ON appointments (recurring_series_id, starts_at)
    WHERE recurring_series_id IS NOT NULL;

-- duty withdraw: who has booked a service.
CREATE INDEX IF NOT EXISTS appointments_service_open_idx ON appointments (service_id, starts_at)
    WHERE status IN ('pending', 'confirmed');

-- payments ---------------------------------------------------------------------------------------------------

-- GET /api/v2/clients/{id}/history, GET /api/v2/clients/{id}/lifetime-value, duty export-client: what a client
-- has paid.
CREATE INDEX IF NOT EXISTS payments_client_idx ON payments (client_id) INCLUDE (amount_cents, refunded_cents);

-- duty daily-report: yesterday's payments of all locations.
CREATE INDEX IF NOT EXISTS payments_paid_at_idx ON payments (paid_at) INCLUDE (location_id, amount_cents);

-- GET /api/v2/analytics/revenue, GET /api/v2/analytics/revenue?location_id={id},
-- GET /api/v2/payments/commissions?location_id={id}: a location's payments of some days, from the index alone;
-- other locations' are not read.
CREATE INDEX IF NOT EXISTS payments_location_paid_at_idx ON payments (location_id, paid_at)
    INCLUDE (barber_id, amount_cents, platform_fee_cents, barber_cents, commission_cents, refunded_cents);

-- duty pay-out: one barber's payments of a month.
CREATE INDEX IF NOT EXISTS payments_barber_paid_at_idx ON payments (barber_id, paid_at)
    INCLUDE (amount_cents, barber_cents, refunded_cents);

-- POST /api/v2/payments: whether an appointment is paid.
CREATE INDEX IF NOT EXISTS payments_appointment_idx ON payments (appointment_id);

-- duty daily-report: the few payments that were given back.
CREATE INDEX IF NOT EXISTS payments_refunded_idx ON payments (paid_at) WHERE refunded_cents > 0;

-- duty reconcile: the payment that the provider means.
CREATE INDEX IF NOT EXISTS payments_reference_idx ON payments (reference) INCLUDE (amount_cents);

-- clients and their accounts ---------------------------------------------------------------------------------

-- GET /api/v2/clients?email={email}: clients by e-mail address.
CREATE INDEX IF NOT EXISTS clients_email_idx ON clients (email);

-- GET /api/v2/clients?name={name}: the owner's search by the beginning of a name.
CREATE INDEX IF NOT EXISTS clients_search_name_idx ON clients (search_name text_pattern_ops);

-- GET /api/v2/clients?name={name} of one location: the front desk's search among its own clients.
CREATE INDEX IF NOT EXISTS clients_location_search_name_idx
    ON clients (home_location_id, search_name text_pattern_ops);

-- duty daily-report: who became a client yesterday.
CREATE INDEX IF NOT EXISTS clients_created_idx ON clients (created_at);

-- POST /api/v2/auth/login, GET /api/v2/clients/{id}/history: who is calling.
CREATE INDEX IF NOT EXISTS users_email_idx ON users (email);

-- duty export-client: a client's account.
CREATE INDEX IF NOT EXISTS users_client_idx ON users (client_id) WHERE client_id IS NOT NULL;

-- duty daily-report: the accounts of a location's front desk; nearly all others are clients'.
CREATE INDEX IF NOT EXISTS users_location_idx ON users (location_id) INCLUDE (email) WHERE location_id IS NOT NULL;

-- GET /api/v2/clients/{id}/history: whether the caller has a second factor.
CREATE INDEX IF NOT EXISTS mfa_devices_user_idx ON mfa_devices (user_id);

-- duty export-client: an account's log-ins.
CREATE INDEX IF NOT EXISTS sessions_user_idx ON sessions (user_id);

-- duty purge: sessions that are long over.
CREATE INDEX IF NOT EXISTS sessions_expires_idx ON sessions (expires_at);

-- duty export-client: an account's keys.
CREATE INDEX IF NOT EXISTS api_keys_user_idx ON api_keys (user_id);

-- duty purge: keys that nobody repeats any more.
CREATE INDEX IF NOT EXISTS idempotency_keys_created_idx ON idempotency_keys (created_at);

-- duty export-client: what an account did.
CREATE INDEX IF NOT EXISTS audit_log_user_idx ON audit_log (user_id);

-- duty purge: lines older than a year.
CREATE INDEX IF NOT EXISTS audit_log_created_idx ON audit_log (created_at);

-- duty daily-report: who was refused yesterday.
CREATE INDEX IF NOT EXISTS audit_log_refused_idx ON audit_log (created_at) INCLUDE (user_id)
    WHERE status IN (401, 403);

-- duty care: who has most points.
CREATE INDEX IF NOT EXISTS loyalty_accounts_points_idx ON loyalty_accounts (points DESC, client_id);

-- duty export-client: a client's gift certificates.
CREATE INDEX IF NOT EXISTS gift_certificates_client_idx ON gift_certificates (client_id);

-- duty care: certificates with something left that soon expire.
CREATE INDEX IF NOT EXISTS gift_certificates_expiry_idx ON gift_certificates (expires_on)
    WHERE remaining_cents > 0;

-- duty export-client: a client's series.
CREATE INDEX IF NOT EXISTS recurring_series_client_idx ON recurring_series (client_id);

-- duty hand-over: a barber's series.
CREATE INDEX IF NOT EXISTS recurring_series_barber_idx ON recurring_series (barber_id, ends_on);

-- duty withdraw: series of a service.
CREATE INDEX IF NOT EXISTS recurring_series_service_idx ON recurring_series (service_id, ends_on);

-- duty care: series that soon end.
CREATE INDEX IF NOT EXISTS recurring_series_ends_idx ON recurring_series (ends_on);

-- reviews, waiting list, messages ----------------------------------------------------------------------------

-- GET /api/v2/barbers/{id}/reviews: a barber's reviews, newest first; rated without the table.
CREATE INDEX IF NOT EXISTS reviews_barber_created_idx ON reviews (barber_id, created_at DESC, id DESC)
    INCLUDE (rating);

-- POST /api/v2/reviews: whether a visit has a review.
CREATE INDEX IF NOT EXISTS reviews_appointment_idx ON reviews (appointment_id);

-- duty export-client: what a client has written.
CREATE INDEX IF NOT EXISTS reviews_client_idx ON reviews (client_id);

-- duty daily-report: the ratings of the last week, from the index alone.
CREATE INDEX IF NOT EXISTS reviews_created_idx ON reviews (created_at) INCLUDE (barber_id, rating);

-- GET /api/v2/waitlist, POST /api/v2/appointments/{id}/cancel, duty hand-over: who waits for a barber on a day.
CREATE INDEX IF NOT EXISTS waitlist_entries_barber_day_idx ON waitlist_entries (barber_id, day, client_id);

-- duty export-client: what a client waits for.
CREATE INDEX IF NOT EXISTS waitlist_entries_client_idx ON waitlist_entries (client_id);

-- POST /api/v2/notifications/dispatch, GET /api/v2/notifications: the oldest messages that wait to be sent.
CREATE INDEX IF NOT EXISTS notifications_queue_idx ON notifications (id) WHERE status = 'queued';

-- duty remind, duty export-client: an appointment's messages.
CREATE INDEX IF NOT EXISTS notifications_appointment_idx ON notifications (appointment_id, kind);

-- duty purge: messages that were sent long ago.
CREATE INDEX IF NOT EXISTS notifications_sent_idx ON notifications (created_at) WHERE status = 'sent';

-- duty watch-messages: messages whose sender has died.
CREATE INDEX IF NOT EXISTS notifications_stuck_idx ON notifications (id) WHERE status = 'sending';

-- duty watch-messages: messages that could not be sent.
CREATE INDEX IF NOT EXISTS notifications_failed_idx ON notifications (id) WHERE status = 'failed';

-- duty purge, duty reconcile: events older than what is kept, and those of yesterday.
CREATE INDEX IF NOT EXISTS webhooks_created_idx ON webhooks (created_at);

-- barbers and what they offer --------------------------------------------------------------------------------

-- GET /api/v2/availability/slots, GET /api/v2/locations/{id}: who works at a location.
CREATE INDEX IF NOT EXISTS barbers_location_idx ON barbers (location_id);

-- GET /api/v2/availability/slots, POST /api/v2/appointments: a barber's weekly hours.
CREATE INDEX IF NOT EXISTS barber_availability_barber_idx ON barber_availability (barber_id, weekday);

-- GET /api/v2/availability/slots, POST /api/v2/appointments: the hours of one special day.
CREATE INDEX IF NOT EXISTS barber_special_availability_barber_idx
    ON barber_special_availability (barber_id, day);

-- GET /api/v2/availability/slots, POST /api/v2/appointments, duty hand-over: a barber's absences.
CREATE INDEX IF NOT EXISTS barber_time_off_barber_idx ON barber_time_off (barber_id, ends_at);

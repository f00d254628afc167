-- Secondary indexes of the `indexes` optimization. Each names the query that it serves; may be applied twice.

-- Who is calling: every authenticated request and every log-in looks a user up by e-mail (storage/users.py).
CREATE INDEX IF NOT EXISTS users_email_idx ON users (email);

-- Whether the caller has a second factor: every authenticated request (storage/rows.py).
CREATE INDEX IF NOT EXISTS mfa_devices_user_idx ON mfa_devices (user_id);

-- What a barber does on a day: free slots, booking, rescheduling (storage/availability.py, storage/bookings.py).
CREATE INDEX IF NOT EXISTS appointments_barber_starts_idx ON appointments (barber_id, starts_at)
    WHERE status IN ('pending', 'confirmed', 'completed');

-- What happens at a location on a day (storage/location_days.py, legacy/location_days.py), and in many days, from
-- the index alone (storage/analytics.py).
CREATE INDEX IF NOT EXISTS appointments_location_starts_idx ON appointments (location_id, starts_at)
    INCLUDE (barber_id, client_id, service_id, ends_at, price_cents, status);

-- A client's visits, newest first (storage/histories.py, legacy/histories.py).
CREATE INDEX IF NOT EXISTS appointments_client_starts_idx ON appointments (client_id, starts_at DESC);

-- What a client has paid (storage/histories.py, legacy/histories.py).
CREATE INDEX IF NOT EXISTS payments_client_idx ON payments (client_id) INCLUDE (amount_cents, refunded_cents);

-- Revenue of the last days, from the index alone (storage/revenue.py).
CREATE INDEX IF NOT EXISTS payments_paid_at_idx ON payments (paid_at)
    INCLUDE (location_id, barber_id, amount_cents, refunded_cents);

-- A barber's weekly hours (storage/availability.py, storage/bookings.py).
CREATE INDEX IF NOT EXISTS barber_availability_barber_idx ON barber_availability (barber_id, weekday);

-- A barber's absences (storage/availability.py, storage/bookings.py).
CREATE INDEX IF NOT EXISTS barber_time_off_barber_idx ON barber_time_off (barber_id, ends_at);

-- Who works at a location (storage/availability.py, storage/directory.py).
CREATE INDEX IF NOT EXISTS barbers_location_idx ON barbers (location_id);

-- Clients by e-mail address (storage/clients.py).
CREATE INDEX IF NOT EXISTS clients_email_idx ON clients (email);

-- Clients by the beginning of their name (storage/clients.py).
CREATE INDEX IF NOT EXISTS clients_search_name_idx ON clients (search_name text_pattern_ops);

-- The hours of one special day (storage/availability.py, storage/next_slots.py, storage/bookings.py).
CREATE INDEX IF NOT EXISTS barber_special_availability_barber_idx
    ON barber_special_availability (barber_id, day);

-- Whether an appointment is paid (storage/payments.py).
CREATE INDEX IF NOT EXISTS payments_appointment_idx ON payments (appointment_id);

-- A barber's reviews, newest first (storage/reviews.py).
CREATE INDEX IF NOT EXISTS reviews_barber_created_idx ON reviews (barber_id, created_at DESC, id DESC);

-- Whether a visit has a review (storage/reviews.py).
CREATE INDEX IF NOT EXISTS reviews_appointment_idx ON reviews (appointment_id);

-- The oldest messages that wait to be sent (storage/notifications.py).
CREATE INDEX IF NOT EXISTS notifications_queue_idx ON notifications (id) WHERE status = 'queued';

-- Who waits for a barber on a day (storage/waitlist.py, storage/bookings.py).
CREATE INDEX IF NOT EXISTS waitlist_entries_barber_day_idx ON waitlist_entries (barber_id, day, client_id);

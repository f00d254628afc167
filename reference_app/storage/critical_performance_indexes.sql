-- Secondary indexes of the `indexes` optimization. Each names the query that it serves; may be applied twice.

-- Who is calling: every authenticated request and every log-in looks a user up by e-mail (storage/users.py).
CREATE INDEX IF NOT EXISTS users_email_idx ON users (email);

-- Whether the caller has a second factor: every authenticated request (storage/rows.py).
CREATE INDEX IF NOT EXISTS mfa_devices_user_idx ON mfa_devices (user_id);

-- What a barber does on a day: free slots, booking, rescheduling (storage/availability.py, storage/bookings.py).
CREATE INDEX IF NOT EXISTS appointments_barber_starts_idx ON appointments (barber_id, starts_at)
    WHERE status IN ('pending', 'confirmed', 'completed');

-- What happens at a location on a day (storage/location_days.py, legacy/location_days.py).
CREATE INDEX IF NOT EXISTS appointments_location_starts_idx ON appointments (location_id, starts_at);

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

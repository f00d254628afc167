-- What keeps the data correct, in every variant. Applied after COPY: checking a foreign key row by row while
-- loading would cost several times the load itself. No key here exists for the sake of speed.

ALTER TABLE application_settings ADD PRIMARY KEY (name);
ALTER TABLE locations ADD PRIMARY KEY (id);
ALTER TABLE barbers ADD PRIMARY KEY (id);
ALTER TABLE barber_locations ADD PRIMARY KEY (barber_id, location_id);
ALTER TABLE services ADD PRIMARY KEY (id);
ALTER TABLE clients ADD PRIMARY KEY (id);
ALTER TABLE users ADD PRIMARY KEY (id);
ALTER TABLE sessions ADD PRIMARY KEY (id);
ALTER TABLE mfa_devices ADD PRIMARY KEY (id);
ALTER TABLE api_keys ADD PRIMARY KEY (id);
ALTER TABLE audit_log ADD PRIMARY KEY (id);
ALTER TABLE rate_limit_hits ADD PRIMARY KEY (id);
ALTER TABLE booking_rules ADD PRIMARY KEY (location_id);
ALTER TABLE blackout_dates ADD PRIMARY KEY (location_id, day);
ALTER TABLE barber_availability ADD PRIMARY KEY (id);
ALTER TABLE barber_special_availability ADD PRIMARY KEY (id);
ALTER TABLE barber_time_off ADD PRIMARY KEY (id);
ALTER TABLE recurring_series ADD PRIMARY KEY (id);
ALTER TABLE appointments ADD PRIMARY KEY (id);
ALTER TABLE payments ADD PRIMARY KEY (id);
ALTER TABLE notifications ADD PRIMARY KEY (id);
ALTER TABLE reviews ADD PRIMARY KEY (id);
ALTER TABLE waitlist_entries ADD PRIMARY KEY (id);
ALTER TABLE loyalty_accounts ADD PRIMARY KEY (client_id);
ALTER TABLE gift_certificates ADD PRIMARY KEY (id);
ALTER TABLE idempotency_keys ADD PRIMARY KEY (user_id, key);
ALTER TABLE webhooks ADD PRIMARY KEY (id);

-- No barber is ever in two places: the last word on double booking, whatever the application does.
ALTER TABLE appointments ADD CONSTRAINT appointments_no_double_booking
    EXCLUDE USING gist (barber_id WITH =, tstzrange(starts_at, blocked_until, '[)') WITH &&)
    WHERE (status IN ('pending', 'confirmed', 'completed'));

ALTER TABLE barbers ADD FOREIGN KEY (location_id) REFERENCES locations;
ALTER TABLE barber_locations ADD FOREIGN KEY (barber_id) REFERENCES barbers;
ALTER TABLE barber_locations ADD FOREIGN KEY (location_id) REFERENCES locations;
ALTER TABLE services ADD FOREIGN KEY (location_id) REFERENCES locations;
ALTER TABLE clients ADD FOREIGN KEY (home_location_id) REFERENCES locations;
ALTER TABLE users ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE users ADD FOREIGN KEY (location_id) REFERENCES locations;
ALTER TABLE sessions ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE mfa_devices ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE api_keys ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE booking_rules ADD FOREIGN KEY (location_id) REFERENCES locations;
ALTER TABLE blackout_dates ADD FOREIGN KEY (location_id) REFERENCES locations;
ALTER TABLE barber_availability ADD FOREIGN KEY (barber_id) REFERENCES barbers;
ALTER TABLE barber_special_availability ADD FOREIGN KEY (barber_id) REFERENCES barbers;
ALTER TABLE barber_time_off ADD FOREIGN KEY (barber_id) REFERENCES barbers;
ALTER TABLE recurring_series ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE recurring_series ADD FOREIGN KEY (barber_id) REFERENCES barbers;
ALTER TABLE recurring_series ADD FOREIGN KEY (service_id) REFERENCES services;
ALTER TABLE appointments ADD FOREIGN KEY (location_id) REFERENCES locations;
ALTER TABLE appointments ADD FOREIGN KEY (barber_id) REFERENCES barbers;
ALTER TABLE appointments ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE appointments ADD FOREIGN KEY (service_id) REFERENCES services;
ALTER TABLE appointments ADD FOREIGN KEY (recurring_series_id) REFERENCES recurring_series;
ALTER TABLE payments ADD FOREIGN KEY (appointment_id) REFERENCES appointments;
ALTER TABLE payments ADD FOREIGN KEY (barber_id) REFERENCES barbers;
ALTER TABLE payments ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE payments ADD FOREIGN KEY (location_id) REFERENCES locations;
ALTER TABLE notifications ADD FOREIGN KEY (appointment_id) REFERENCES appointments;
ALTER TABLE reviews ADD FOREIGN KEY (appointment_id) REFERENCES appointments;
ALTER TABLE reviews ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE reviews ADD FOREIGN KEY (barber_id) REFERENCES barbers;
ALTER TABLE waitlist_entries ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE waitlist_entries ADD FOREIGN KEY (barber_id) REFERENCES barbers;
ALTER TABLE waitlist_entries ADD FOREIGN KEY (service_id) REFERENCES services;
ALTER TABLE loyalty_accounts ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE gift_certificates ADD FOREIGN KEY (client_id) REFERENCES clients;
ALTER TABLE idempotency_keys ADD FOREIGN KEY (user_id) REFERENCES users;

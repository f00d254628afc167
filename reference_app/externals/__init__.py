"""Other companies' servers: payments, e-mail, SMS, calendar. A stub, and how the backend calls them."""

"""Reviews: eight services that read the same stars."""

from reference_app.families.duty import Duty
from reference_app.families.figures import average, count, distinct, newest, share, tally, top
from reference_app.families.reading import reads

DUTIES: tuple[Duty, ...] = (
    reads("barber_rating", "reviews", "barber_id", average("rating")),
    reads("rating_distribution", "reviews", "barber_id", tally("rating")),
    reads("newest_review", "reviews", "barber_id", newest("created_at")),
    reads("praise", "reviews", "barber_id", share("rating", 5)),
    reads("complaint", "reviews", "barber_id", share("rating", 1, 2)),
    reads("frequent_comment", "reviews", "barber_id", top("comment")),
    reads("reviewer", "reviews", "barber_id", distinct("client_id")),
    reads("own_review", "reviews", "client_id", count()),
)

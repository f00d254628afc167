"""Memory while it serves: is it leaking, what do collections cost, and what can be given back?"""

"""What users do: Locust scenarios that know HTTP paths alone. One file each; journeys are shared."""

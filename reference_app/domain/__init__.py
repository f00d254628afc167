"""What the business is: values and rules, standard library only, the same in every variant."""

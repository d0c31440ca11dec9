"""``/hashsharing/v2/…``: the hotline as an exchange that speaks NCMEC's hash sharing."""

"""How providers behave: the spectrum with its evidence, what people say to it, credits, signs of commerce."""

"""Commands at the bureau: who may ask for what, who else must agree, how they reach kiosks, what became of them.

``rules`` decides and is pure; ``rows`` is what people do; ``delivery`` tells kiosks until they have answered; ``outcome_book``
reads what they answer.
"""

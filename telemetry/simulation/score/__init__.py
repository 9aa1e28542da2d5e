"""What the service said, against what was: found, missed, late, phantom, false offline. Reads a truth file and the service's API.

Every judgement is pure: records and truth in, findings out. Knows nothing of how the service came to its words.
"""

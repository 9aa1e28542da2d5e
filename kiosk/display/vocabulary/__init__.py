"""The words between core and display: View (what a page shows), Intent (what a touch means), and their frames on the socket.

Frozen data only. A View says everything a page needs; the words of a page stand in ``screens/words``, keyed by the kind of
View and by the enums here. Sentences travel in a View only where their one source is elsewhere: the fault catalogue, a
service's data, the place's own names and phones.
"""

from kiosk.display.vocabulary.intent import Intent as Intent
from kiosk.display.vocabulary.view import View as View

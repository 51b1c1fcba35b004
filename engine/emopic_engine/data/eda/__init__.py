"""`emopic data eda`: what is in a labelled data set, as one HTML page with pictures."""

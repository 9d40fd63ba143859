"""The watch as a person sees it: the screen, the lists, and the papers it keeps up to date."""

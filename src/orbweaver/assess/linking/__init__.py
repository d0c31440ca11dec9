"""What links an item to more than itself: suggestions for series, markers, text flags, neighbours, urgent referrals."""

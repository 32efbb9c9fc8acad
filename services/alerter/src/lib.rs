//! One alert for each event and subscription, with a life, and its deliveries.

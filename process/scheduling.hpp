#pragma once
/// What a thread asks of the scheduler. All are wishes: a kernel that does not know them leaves the thread
/// as it is.

namespace troupe {

/// The calling thread has little to do at a time and somebody waits for it: it is let in soon after it wakes,
/// ahead of those that compute (a short slice, sched_setattr(2), from Linux 6.12 on).
void schedule_promptly();

/// The calling thread has much to do and nobody waits for each piece of it: others go first (SCHED_BATCH,
/// sched(7), and a niceness of 10).
void schedule_in_background();

/// The calling thread, and what it starts, stands back by so many steps of niceness (0 to 19) behind the
/// process's first thread, however often it says so.
void stand_back(int steps);

} // namespace troupe

#pragma once

namespace troupe {

/// Has this thread, and what it starts, stand back behind others by so many steps of nice(2), 0 to 19. Best
/// effort: a thread that may not is as it was.
void stand_back(int steps);

} // namespace troupe

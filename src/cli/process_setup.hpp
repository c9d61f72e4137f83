// What the tool settles with the system before anything else.
#pragma once

namespace getty::connect::cli {

/// Opens closed standard descriptors, ignores the signals that are errors of a write instead, holds SIGUSR1,
/// and raises the limit of open files. To be called first in `main`: whatever is opened before would take the
/// place of a closed descriptor.
void set_up_process() noexcept;

/// Opens each of the descriptors 0, 1 and 2 that is closed on /dev/null, so that no file or socket comes to
/// be there; and opens it the wrong way round, so that its use still fails.
void open_standard_descriptors() noexcept;

/// Lets the process open as many files as the system allows it at most.
void raise_open_file_limit() noexcept;

/// From now on SIGUSR1, which asks a run for a line of progress, waits until somebody listens: at its begin
/// and at its end a process would be ended by it.
void hold_progress_signal() noexcept;
/// Somebody listens, or its default is meant.
void release_progress_signal() noexcept;

/// True when whoever started the tool asked it to live through this signal, as nohup does.
[[nodiscard]] bool is_ignored(int signal) noexcept;

}  // namespace getty::connect::cli

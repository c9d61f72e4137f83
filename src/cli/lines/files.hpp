// The tool's names for what the ingest library has for files and lines.
#pragma once

#include "ingest/files/files.hpp"
#include "ingest/files/line_writer.hpp"
#include "ingest/files/replacement.hpp"
#include "ingest/files/shared_descriptor.hpp"
#include "ingest/input/id_lines.hpp"
#include "ingest/input/id_shape.hpp"
#include "ingest/text/json_text.hpp"

namespace getty::connect::cli {

using ingest::append_json_string;
using ingest::file_identity;
using ingest::id_line;
using ingest::id_lines;
using ingest::id_trouble;
using ingest::identifier;
using ingest::identity_of;
using ingest::line_writer;
using ingest::open_file;
using ingest::patience;
using ingest::read_some;
using ingest::replace_file;
using ingest::secret_wipe;
using ingest::shared_descriptor;
using ingest::shell_quoted;
using ingest::system_words;
using ingest::write_all;

}  // namespace getty::connect::cli

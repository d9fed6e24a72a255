// What `gt server` and `gt worker` have in common: processes that belong to a cluster.
#pragma once

#include <string>

#include "scripts/gt/command_line.h"

namespace gt::tool {

struct MemberOptions {
  int lifeline = -1;            ///< descriptor; the process ends when it is at its end of file
  std::string owned_directory;  ///< removed at the end if its owner is gone; empty: none
  bool insecure = false;        ///< takes addresses that other machines can reach
};

/// `options` must live until the line is parsed.
void add_member_options(Command& command, MemberOptions& options);

/// To be called when the process has done its work.
void remove_owned_directory(const MemberOptions& options);

}  // namespace gt::tool

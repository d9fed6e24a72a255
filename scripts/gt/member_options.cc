#include "scripts/gt/member_options.h"

#include "common/process/owned_directory.h"

namespace gt::tool {

void add_member_options(Command& command, MemberOptions& options) {
  command.add_option("--lifeline-fd", options.lifeline,
                     "End when this descriptor is at its end of file");
  command.add_option("--owned-directory", options.owned_directory,
                     "Remove this directory at the end if its owner is gone");
  command.add_flag("--insecure", options.insecure,
                   "Allow addresses that other machines can reach, without keys");
}

void remove_owned_directory(const MemberOptions& options) {
  if (!options.owned_directory.empty()) process::remove_if_abandoned(options.owned_directory);
}

}  // namespace gt::tool

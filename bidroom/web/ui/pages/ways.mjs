/** The commands that need more than what their form says. */

import "./ways_bidder.mjs";
import "./ways_holder.mjs";
import "./ways_login.mjs";
import "./ways_record.mjs";

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Odd.sol";

/// A token after Tether's first contracts: its owner blacklists an address, lifts that again, or destroys what is there.
contract FreezableToken is NamedToken {
    address public owner;
    mapping(address => bool) public isBlackListed;

    event AddedBlackList(address user);
    event RemovedBlackList(address user);
    event DestroyedBlackFunds(address user, uint256 balance);

    constructor(address owner_) NamedToken("Lab Tether", "LABT", 6) {
        owner = owner_;
    }

    modifier onlyOwner() {
        require(msg.sender == owner, "owner");
        _;
    }

    function addBlackList(address user) external onlyOwner {
        isBlackListed[user] = true;
        emit AddedBlackList(user);
    }

    function removeBlackList(address user) external onlyOwner {
        isBlackListed[user] = false;
        emit RemovedBlackList(user);
    }

    function destroyBlackFunds(address user) external onlyOwner {
        require(isBlackListed[user], "not frozen");
        emit DestroyedBlackFunds(user, balanceOf[user]);
        totalSupply -= balanceOf[user];
        balanceOf[user] = 0;
    }

    function _move(address from, address to, uint256 value) internal override {
        require(!isBlackListed[from], "frozen");
        super._move(from, to, value);
    }
}

/// Has the function that tells what is frozen, and refuses to tell.
contract MuteToken is NamedToken {
    address public immutable owner = msg.sender;

    constructor() NamedToken("Lab Mute", "MUTE", 6) {}

    function isBlackListed(address) external pure returns (bool) {
        revert("mute");
    }
}

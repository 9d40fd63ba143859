// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Answers as the MultiSigWallet of 2016 that owns Tether's contracts: whoever of the owners proposes has confirmed, and
/// what enough of them have confirmed is done at once.
contract MultiSigWallet {
    struct Transaction {
        address destination;
        uint256 value;
        bytes data;
        bool executed;
    }

    mapping(uint256 => Transaction) public transactions;
    mapping(uint256 => mapping(address => bool)) public confirmations;
    address[] public owners;
    uint256 public required;
    uint256 public transactionCount;

    constructor(address[] memory owners_, uint256 required_) {
        owners = owners_;
        required = required_;
    }

    modifier onlyOwners() {
        bool found = false;
        for (uint256 place = 0; place < owners.length; place++) found = found || owners[place] == msg.sender;
        require(found, "owner");
        _;
    }

    function submitTransaction(address destination, uint256 value, bytes calldata data) external onlyOwners {
        uint256 id = transactionCount++;
        transactions[id] = Transaction(destination, value, data, false);
        _confirm(id);
    }

    function confirmTransaction(uint256 id) external onlyOwners {
        require(id < transactionCount, "unknown");
        _confirm(id);
    }

    function getConfirmationCount(uint256 id) public view returns (uint256 count) {
        for (uint256 place = 0; place < owners.length; place++) if (confirmations[id][owners[place]]) count++;
    }

    function getTransactionCount(bool pending, bool executed) external view returns (uint256 count) {
        for (uint256 id = 0; id < transactionCount; id++) if (_wanted(id, pending, executed)) count++;
    }

    /// `from` and `to` count among those wanted, not among all.
    function getTransactionIds(
        uint256 from,
        uint256 to,
        bool pending,
        bool executed
    ) external view returns (uint256[] memory ids) {
        uint256[] memory found = new uint256[](transactionCount);
        uint256 count = 0;
        for (uint256 id = 0; id < transactionCount; id++) if (_wanted(id, pending, executed)) found[count++] = id;
        ids = new uint256[](to - from);
        for (uint256 place = from; place < to; place++) ids[place - from] = found[place];
    }

    function _wanted(uint256 id, bool pending, bool executed) private view returns (bool) {
        return (pending && !transactions[id].executed) || (executed && transactions[id].executed);
    }

    function _confirm(uint256 id) private {
        confirmations[id][msg.sender] = true;
        Transaction storage one = transactions[id];
        if (one.executed || getConfirmationCount(id) < required) return;
        (one.executed, ) = one.destination.call{value: one.value}(one.data);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface IERC20 {
    function balanceOf(address) external view returns (uint256);
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

interface IWETH is IERC20 {
    function deposit() external payable;
    function withdraw(uint256 wad) external;
}

/// A constant-product pair after Uniswap v2: tokens in first, then swap to whoever is named.
contract Pair {
    address public immutable token0;
    address public immutable token1;
    uint112 private reserve0;
    uint112 private reserve1;

    event Swap(
        address indexed sender,
        uint256 amount0In,
        uint256 amount1In,
        uint256 amount0Out,
        uint256 amount1Out,
        address indexed to
    );
    event Sync(uint112 reserve0, uint112 reserve1);

    constructor(address first, address second) {
        token0 = first;
        token1 = second;
    }

    function getReserves() external view returns (uint112, uint112, uint32) {
        return (reserve0, reserve1, 0);
    }

    function sync() public {
        reserve0 = uint112(IERC20(token0).balanceOf(address(this)));
        reserve1 = uint112(IERC20(token1).balanceOf(address(this)));
        emit Sync(reserve0, reserve1);
    }

    function swap(uint256 out0, uint256 out1, address to) external {
        if (out0 > 0) IERC20(token0).transfer(to, out0);
        if (out1 > 0) IERC20(token1).transfer(to, out1);
        uint256 held0 = IERC20(token0).balanceOf(address(this));
        uint256 held1 = IERC20(token1).balanceOf(address(this));
        uint256 in0 = held0 + out0 - reserve0;
        uint256 in1 = held1 + out1 - reserve1;
        require(
            (held0 * 1000 - in0 * 3) * (held1 * 1000 - in1 * 3) >= uint256(reserve0) * reserve1 * 1000 ** 2,
            "K"
        );
        sync();
        emit Swap(msg.sender, in0, in1, out0, out1, to);
    }
}

/// Sells token0 of a pair for token1 or for the coin, as Uniswap's router does.
contract Router {
    IWETH private immutable weth;

    constructor(address wrapped) {
        weth = IWETH(wrapped);
    }

    receive() external payable {}

    function quote(address pair, uint256 amount) public view returns (uint256) {
        (uint112 reserve0, uint112 reserve1, ) = Pair(pair).getReserves();
        uint256 fee = amount * 997;
        return (fee * reserve1) / (uint256(reserve0) * 1000 + fee);
    }

    function sellForWrapped(address pair, uint256 amount, address to) external {
        uint256 out = quote(pair, amount);
        IERC20(Pair(pair).token0()).transferFrom(msg.sender, pair, amount);
        Pair(pair).swap(0, out, to);
    }

    function sellForCoin(address pair, uint256 amount, address payable to) external {
        uint256 out = quote(pair, amount);
        IERC20(Pair(pair).token0()).transferFrom(msg.sender, pair, amount);
        Pair(pair).swap(0, out, address(this));
        weth.withdraw(out);
        (bool ok, ) = to.call{value: out}("");
        require(ok, "send");
    }
}

/// An exchange's deposit contract: what comes in is flushed to the hot wallet by a third hand.
contract Forwarder {
    address payable public immutable hot;

    constructor(address payable to) {
        hot = to;
    }

    receive() external payable {
        (bool ok, ) = hot.call{value: msg.value}("");
        require(ok, "send");
    }

    function flush(address token) external {
        IERC20(token).transfer(hot, IERC20(token).balanceOf(address(this)));
    }
}

/// Passes the coin it is sent on to two others inside the same transaction.
contract Splitter {
    function split(address payable first, address payable second, uint256 toFirst) external payable {
        (bool one, ) = first.call{value: toFirst}("");
        (bool two, ) = second.call{value: msg.value - toFirst}("");
        require(one && two, "send");
    }

    /// Pays, then fails: nothing may have moved but the fee.
    function payAndFail(address payable to) external payable {
        (bool ok, ) = to.call{value: msg.value}("");
        require(!ok, "on purpose");
    }
}
